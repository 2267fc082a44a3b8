import type { TxnNews } from '../../adapters/consul/submit.ts'
import type { Metrics } from '../../adapters/metrics.ts'
import { isRetryable, QuaysideError } from '../../core/errors.ts'
import type { CountName } from '../../core/settings/metric-names.ts'
import type { Applied } from './apply.ts'
import type { RecordFailure } from './batch.ts'
import { problemsOf } from './report.ts'

type Measure = Pick<Metrics, 'count' | 'milliseconds'>

/**
 * What became of a task of which messages spoke; `eventAt` is the time of the newest event among them, null where none was one, and
 * `receivedAt` when the invocation got them.
 */
export function measureTask(
  eventAt: number | null,
  applied: Applied,
  receivedAt: number,
  metrics: Measure,
): void {
  metrics.count(countOf(applied))
  for (const { refused } of problemsOf(applied))
    metrics.count(refused ? 'InstancesRefused' : 'LabelsNotHeeded')
  if (applied.result === 'failed' && isRefusal(applied.error)) metrics.count('TasksRefused')
  // A read is as old as its call; only events say how far behind we are.
  if (eventAt === null) return
  metrics.milliseconds('EventAge', receivedAt - eventAt)
  if (applied.result === 'written') metrics.milliseconds('EventToCommitted', applied.committedAt - eventAt)
}

export function measureFailures(failures: readonly RecordFailure[], metrics: Measure): void {
  for (const { error } of failures) metrics.count(isRetryable(error) ? 'RecordsRetried' : 'RecordsFailed')
}

/** Of the transactions that write tasks. */
export function measureTxn(metrics: Measure): (news: TxnNews) => void {
  return ({ operations, conflicts }) => {
    metrics.count('Transactions')
    metrics.count('Operations', operations)
    if (conflicts > 0) metrics.count('Conflicts', conflicts)
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof QuaysideError && error.code === 'TASK_REFUSED'
}

function countOf({ result, reason }: Applied): CountName {
  if (result === 'written') return 'TasksWritten'
  return result === 'failed' || reason === 'failed' ? 'TasksFailed' : dropped[reason]
}

type Reason = Exclude<Applied['reason'], 'failed'>

const dropped: Readonly<Record<Reason, CountName>> = {
  same: 'TasksDuplicate',
  'event-never-wins': 'TasksDuplicate',
  older: 'TasksStale',
  'one-way': 'TasksStale',
  'read-too-early': 'TasksStale',
  'host-lost': 'TasksStale',
  starting: 'TasksIdle',
  'nothing-wanted': 'TasksIdle',
  unknown: 'TasksIdle',
  // These are reasons for writing.
  first: 'TasksWritten',
  newer: 'TasksWritten',
  'read-later': 'TasksWritten',
  host: 'TasksWritten',
  absent: 'TasksWritten',
  reappeared: 'TasksWritten',
}
