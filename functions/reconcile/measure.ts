import type { Metrics } from '../../adapters/metrics.ts'
import type { CountName } from '../../core/settings/metric-names.ts'
import { parseClusterArn } from '../../core/task/arn.ts'

type Measure = Pick<Metrics, 'count' | 'milliseconds'>

/** What is measured of the record of one pass; what a record doesn't have isn't measured. */
type Pass = {
  readonly cluster: string
  readonly outcome: string
  readonly ms?: number
} & { readonly [count in keyof typeof counts]?: number }

const counts = {
  tasks: 'ReconcileTasks',
  written: 'ReconcileWritten',
  failed: 'ReconcileFailed',
  repaired: 'DriftRepaired',
  removed: 'TasksRemoved',
  held: 'DeletesHeld',
  contradictions: 'Contradictions',
  tombstones: 'TombstonesRemoved',
} as const satisfies Readonly<Record<string, CountName>>

/** A pass that another one holds the lease for is none. */
const outcomes: Readonly<Record<string, CountName>> = {
  done: 'PassesDone',
  partial: 'PassesPartial',
  failed: 'PassesFailed',
}

export function measurePass(pass: Pass, metrics: Measure): void {
  const { cluster } = parseClusterArn(pass.cluster, 'clusters.arn')
  const outcome = outcomes[pass.outcome]
  if (outcome !== undefined) metrics.count(outcome, 1, cluster)
  for (const field of fields) {
    const count = pass[field]
    if (count !== undefined) metrics.count(counts[field], count, cluster)
  }
  if (pass.ms !== undefined) metrics.milliseconds('PassTime', pass.ms, cluster)
}

const fields = Object.keys(counts) as readonly (keyof typeof counts)[]

/** A logger for an SDK client that counts its calls, repeated attempts included, and says nothing. */
export function callCounter(metrics: Measure): {
  readonly [level in 'debug' | 'info' | 'warn' | 'error']: (...content: readonly object[]) => void
} {
  const called = (...content: readonly object[]) => metrics.count('EcsCalls', attemptsOf(content[0]))
  return { debug: () => {}, info: called, warn: () => {}, error: called }
}

function attemptsOf(call: object | undefined): number {
  const metadata = call !== undefined && 'metadata' in call ? call.metadata : null
  if (typeof metadata !== 'object' || metadata === null || !('attempts' in metadata)) return 1
  return typeof metadata.attempts === 'number' ? metadata.attempts : 1
}
