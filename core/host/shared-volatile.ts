import { canonicalJson } from '../canonical.ts'
import type { VolatileRef } from '../release/channel.ts'
import type { Layout } from '../release/layout.ts'

type Volatile = Pick<Layout, 'volatile'>

/** Paths of the files that both layouts make in the same way: what one has of them today is right for the other one too. */
export function sharedVolatile(a: Volatile, b: Volatile): ReadonlySet<string> {
  const known = new Set(a.volatile.map((file) => canonicalJson(file)))
  return new Set(b.volatile.filter((file) => known.has(canonicalJson(file))).map(({ path }) => path))
}

/** The files with today's bytes of those that are shared. */
export function renewed(
  files: readonly VolatileRef[],
  today: readonly VolatileRef[],
  shared: ReadonlySet<string>,
): readonly VolatileRef[] {
  return files.map(
    (file) => (shared.has(file.path) ? today.find(({ path }) => path === file.path) : undefined) ?? file,
  )
}
