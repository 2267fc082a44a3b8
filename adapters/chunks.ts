/** Consecutive parts of at most `size`; no part for an empty list, so that no request goes out for nothing. */
export function chunksOf<T>(list: readonly T[], size: number): readonly T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size))
}
