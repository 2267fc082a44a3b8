import type { CycleStep } from '../release/report.ts'

/** A layout, or the endpoints of a confirmed one, that this host could not take into use. */
export type BadMark = {
  /** Digest of the layout, or of the addresses that failed under a confirmed one. */
  readonly id: string
  readonly failures: number
  /** Milliseconds since the epoch; before that it isn't tried again, unless the host changed. */
  readonly retryAt: number
  /** What the host was like (nginx version, main configuration) when it failed. */
  readonly host: string
  readonly step: CycleStep
  readonly reason: string
}

export type Failure = Pick<BadMark, 'id' | 'host' | 'step' | 'reason'>

const retryAfterMs = [60_000, 300_000, 900_000]
const kept = 20

/** Counts one more failure of `failure.id`: it is tried again after 1 minute, then 5, then every 15. */
export function markBad(marks: readonly BadMark[], failure: Failure, now: number): readonly BadMark[] {
  const failures = 1 + (marks.find(({ id }) => id === failure.id)?.failures ?? 0)
  const wait = retryAfterMs[Math.min(failures, retryAfterMs.length) - 1] ?? 0
  const others = marks.filter(({ id }) => id !== failure.id)
  return [...others.slice(-(kept - 1)), { ...failure, failures, retryAt: now + wait }]
}

export function forget(marks: readonly BadMark[], ids: readonly string[]): readonly BadMark[] {
  return marks.some(({ id }) => ids.includes(id)) ? marks.filter(({ id }) => !ids.includes(id)) : marks
}

/**
 * The mark that forbids trying `id` now. A host that changed since makes it worth another try at once, and so does a clock that was
 * set back by more than the longest wait.
 */
export function blockedBy(
  marks: readonly BadMark[],
  id: string,
  host: string,
  now: number,
): BadMark | undefined {
  const longest = Math.max(...retryAfterMs)
  return marks.find(
    (mark) => mark.id === id && mark.host === host && now < mark.retryAt && mark.retryAt - now <= longest,
  )
}
