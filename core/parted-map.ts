/**
 * A map of text keys that is never changed: a change makes another one, which shares all parts but those that it touches. With ten
 * thousand entries a change copies some hundred and fifty of them. The part of a key depends on the key alone.
 */
export type PartedMap<V> = {
  readonly size: number
  readonly parts: readonly ReadonlyMap<string, V>[]
  readonly get: (key: string) => V | undefined
  readonly has: (key: string) => boolean
  /** In no order to rely on. */
  readonly keys: () => Iterable<string>
  readonly [Symbol.iterator]: () => Iterator<readonly [string, V]>
  /** The map without `dropped` and with `entries`; itself where that changes nothing. */
  readonly with: (entries: Iterable<readonly [string, V]>, dropped?: Iterable<string>) => PartedMap<V>
}

/** A power of two. */
export const partCount = 64

const noPart: ReadonlyMap<string, never> = new Map<string, never>()
const noParts: readonly ReadonlyMap<string, never>[] = Array.from({ length: partCount }, () => noPart)

export function partedMap<V>(entries: Iterable<readonly [string, V]> = []): PartedMap<V> {
  return ofParts<V>(noParts, 0).with(entries)
}

function ofParts<V>(parts: readonly ReadonlyMap<string, V>[], size: number): PartedMap<V> {
  const partOf = (key: string) => parts[partIndex(key)] ?? noPart
  const map: PartedMap<V> = {
    size,
    parts,
    get: (key) => partOf(key).get(key),
    has: (key) => partOf(key).has(key),
    *keys() {
      for (const part of parts) yield* part.keys()
    },
    *[Symbol.iterator]() {
      for (const part of parts) yield* part
    },
    with: (entries, dropped = []) => changed(map, entries, dropped),
  }
  return map
}

function changed<V>(
  before: PartedMap<V>,
  entries: Iterable<readonly [string, V]>,
  dropped: Iterable<string>,
): PartedMap<V> {
  const copies = new Map<number, Map<string, V>>()
  const copyOf = (index: number) => {
    const copy = copies.get(index) ?? new Map(before.parts[index])
    copies.set(index, copy)
    return copy
  }
  for (const key of dropped) if (before.has(key)) copyOf(partIndex(key)).delete(key)
  for (const [key, value] of entries) {
    const index = partIndex(key)
    if ((copies.get(index) ?? before.parts[index])?.get(key) !== value) copyOf(index).set(key, value)
  }
  if (copies.size === 0) return before
  const parts = before.parts.map((part, index) => copies.get(index) ?? part)
  return ofParts(
    parts,
    parts.reduce((sum, part) => sum + part.size, 0),
  )
}

type Looked = {
  /** Where in the list the keys of each part are. */
  readonly places: readonly (readonly number[])[]
  parts: readonly ReadonlyMap<string, unknown>[]
  values: readonly unknown[]
}

const looked = new WeakMap<readonly string[], Looked>()

/**
 * The values of many keys in their order. The list of keys is never changed: of the parts that are as they were for the same list, nothing
 * is looked up again, and where all are, the same list comes out.
 */
export function valuesOf<V>(
  { parts }: Pick<PartedMap<V>, 'parts'>,
  keys: readonly string[],
): readonly (V | undefined)[] {
  const known = looked.get(keys) ?? {
    places: placesOf(keys),
    parts: noParts,
    values: keys.map(() => undefined),
  }
  looked.set(keys, known)
  const changed = parts.flatMap((part, index) => (part === known.parts[index] ? [] : index))
  if (changed.length > 0) {
    const values = [...known.values]
    for (const index of changed)
      for (const at of known.places[index] ?? []) values[at] = parts[index]?.get(keys[at] ?? '')
    Object.assign(known, { parts, values })
  }
  return known.values as readonly (V | undefined)[]
}

function placesOf(keys: readonly string[]): readonly (readonly number[])[] {
  const places: number[][] = Array.from({ length: partCount }, () => [])
  for (const [at, key] of keys.entries()) places[partIndex(key)]?.push(at)
  return places
}

/** FNV-1a: quick, and spreads names that differ in a few digits. */
export function partIndex(key: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 16)) & (partCount - 1)
}
