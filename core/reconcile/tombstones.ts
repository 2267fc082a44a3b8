import type { KnownTask } from './known.ts'

/** Longer than any event can be late: the queue and the bus keep one for hours, and older ones are confirmed by a read. */
const keptMs = 24 * 3_600_000

/** Entries of tasks that are gone for a day and have nothing left in the catalog. */
export function oldTombstones(known: Iterable<KnownTask>, now: number): readonly KnownTask[] {
  return [...known].filter(
    ({ entry, services, index }) =>
      index > 0 && entry.phase === 'gone' && services.length === 0 && now - entry.at > keptMs,
  )
}
