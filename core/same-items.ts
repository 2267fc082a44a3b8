/** Whether both lists hold the same objects in the same order: of what is never changed, that means the same. */
export function isSameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a === b || (a.length === b.length && a.every((item, at) => item === b[at]))
}
