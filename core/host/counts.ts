import type { CycleOutcome, CycleStep } from '../release/report.ts'

/** What is counted of cycles since the agent started. */
export type Counts = {
  readonly cycles: Readonly<Record<CycleOutcome, number>>
  /** Reloads that nginx did not take. */
  readonly failedReloads: number
  /** Cycles that ended with a reload held back, by the spacing of reloads or by generations that drain. */
  readonly reloadWaits: number
  readonly confirms: Histogram
}

/** How often a duration was at most each of `confirmBuckets`, and all of them together. */
export type Histogram = {
  readonly atMost: readonly number[]
  readonly count: number
  readonly sumSeconds: number
}

/** What a cycle's record tells about it. */
export type CycleFacts = {
  readonly outcome: CycleOutcome
  readonly step: CycleStep | null
  readonly reason: string
  readonly timings: Readonly<Partial<Record<CycleStep, number>>>
  readonly retryInMs: number | null
}

/** In seconds. A reload of a small configuration is confirmed after about 0.15 s, and given up after 8 s at the earliest. */
export const confirmBuckets: readonly number[] = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6]

const outcomes: readonly CycleOutcome[] = [
  ...(['unchanged', 'installed', 'endpoints', 'rejected'] as const),
  ...(['rolled-back', 'waiting', 'stale', 'failed'] as const),
]
const bad: readonly CycleOutcome[] = ['rejected', 'rolled-back', 'failed']

export function noCounts(): Counts {
  const cycles = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<CycleOutcome, number>
  const atMost = confirmBuckets.map(() => 0)
  return { cycles, failedReloads: 0, reloadWaits: 0, confirms: { atMost, count: 0, sumSeconds: 0 } }
}

export function countCycle(counts: Counts, cycle: CycleFacts): Counts {
  const { outcome, step, timings, retryInMs } = cycle
  const failedReload = timings.reload !== undefined && bad.includes(outcome)
  const held = outcome === 'waiting' && step === 'reload' && retryInMs !== null
  return {
    cycles: { ...counts.cycles, [outcome]: (counts.cycles[outcome] ?? 0) + 1 },
    failedReloads: counts.failedReloads + (failedReload ? 1 : 0),
    reloadWaits: counts.reloadWaits + (held ? 1 : 0),
    confirms: timings.confirm === undefined ? counts.confirms : observe(counts.confirms, timings.confirm),
  }
}

function observe({ atMost, count, sumSeconds }: Histogram, ms: number): Histogram {
  const seconds = ms / 1_000
  return {
    atMost: atMost.map((times, i) => times + (seconds <= (confirmBuckets[i] ?? 0) ? 1 : 0)),
    count: count + 1,
    sumSeconds: sumSeconds + seconds,
  }
}
