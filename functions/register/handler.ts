import type { WaitingTasks } from '../../adapters/consul/health-read.ts'
import type { TasksAnswer } from '../../adapters/ecs.ts'
import type { Log } from '../../adapters/log.ts'
import type { Metrics } from '../../adapters/metrics.ts'
import type { Queue } from '../../adapters/queue.ts'
import { explain } from '../../core/errors.ts'
import type { TaskKey } from '../../core/ledger/ledger.ts'
import type { FunctionSettings } from '../../core/settings/settings.ts'
import type { ApplyDeps } from './apply.ts'
import { type Batch, openBatch, type QueueRecord, type RecordFailure, secondsUntilShown } from './batch.ts'
import { applyHostNews } from './host-news.ts'
import { measureFailures } from './measure.ts'
import { reportFailures } from './report.ts'
import type { Resolve } from './resolve.ts'
import { applyTasks } from './tasks.ts'
import type { UsableHosts } from './usable-hosts.ts'

export type RegisterDeps = ApplyDeps & {
  readonly settings: Pick<FunctionSettings, 'deployment' | 'clusters'>
  readonly resolve: Resolve
  readonly describeTasks: (cluster: string, arns: readonly string[]) => Promise<TasksAnswer>
  readonly hostTasks: (instanceId: string) => Promise<readonly TaskKey[]>
  readonly waitingTasks: WaitingTasks
  readonly usableHosts: UsableHosts
  readonly queue: Queue
  readonly log: Log
  readonly metrics: Metrics
}

export type RegisterEvent = { readonly Records: readonly QueueRecord[] }
export type RegisterContext = { readonly getRemainingTimeInMillis: () => number }
export type RegisterResult = { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] }
export type RegisterHandler = (event: RegisterEvent, context: RegisterContext) => Promise<RegisterResult>

const remedy = 'this is a fault of Quayside itself: the messages are delivered again; please report it'

// What reporting the failures takes: one call per message, side by side.
const reserveMs = 3_000

/**
 * Registers what a batch of queue messages says of tasks and hosts. Never throws: each message that isn't done is reported by
 * its id, and the queue delivers it again or, in the end, moves it to the dead-letter queue. The others are acknowledged.
 */
export function createHandler(deps: RegisterDeps): RegisterHandler {
  return async (event, context) => {
    try {
      return await handle(event, context, deps)
    } finally {
      deps.metrics.flush()
    }
  }
}

async function handle(
  event: RegisterEvent,
  context: RegisterContext,
  deps: RegisterDeps,
): Promise<RegisterResult> {
  deps.metrics.count('RecordsReceived', event.Records.length)
  const batch = openBatch(event.Records)
  const worked = work(batch, deps).catch((error: unknown) => {
    deps.log.error('batch-failed', { records: event.Records.length, reason: explain(error), remedy })
  })
  await inTime(worked, Math.max(0, context.getRemainingTimeInMillis() - reserveMs))
  const failures = batch.failures()
  reportFailures(failures, deps.log)
  measureFailures(failures, deps.metrics)
  await showSoon(failures, deps)
  return { batchItemFailures: failures.map(({ record }) => ({ itemIdentifier: record.messageId })) }
}

async function work(batch: Batch, deps: RegisterDeps): Promise<void> {
  for (const { record, news } of batch.parsed) {
    if (news.kind !== 'ignored') continue
    deps.log.info('record-ignored', { messageId: record.messageId, reason: news.reason })
    deps.metrics.count('RecordsIgnored')
    batch.settle(record)
  }
  await applyTasks(batch, deps)
  await applyHostNews(batch, deps)
}

/** Waits for the work, but not past the function's time: what isn't settled then is reported as failed. */
async function inTime(work: Promise<void>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([work, promise]).finally(() => clearTimeout(timer))
}

/** Without it a failed message would wait out the whole visibility timeout. Best effort: that wait is only longer. */
async function showSoon(failures: readonly RecordFailure[], deps: RegisterDeps): Promise<void> {
  const calls = failures.flatMap(({ record, error }) => {
    const seconds = secondsUntilShown(record, error, deps.random)
    return seconds === null ? [] : [deps.queue.showAgain(record.receiptHandle, seconds)]
  })
  const settled = await Promise.allSettled(calls)
  const reasons = settled.flatMap((call) => (call.status === 'rejected' ? [explain(call.reason)] : []))
  if (reasons.length === 0) return
  const remedy = 'none needed: these messages come back after the whole visibility timeout'
  deps.log.warn('retry-not-hastened', { records: reasons.length, reason: reasons[0], remedy })
}
