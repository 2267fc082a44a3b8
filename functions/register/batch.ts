import { isRetryable, QuaysideError } from '../../core/errors.ts'
import { type News, parseRecord } from '../../core/task/parse-record.ts'
import type { Observation } from '../../core/task/task.ts'

/** What Lambda hands over of one queue message. */
export type QueueRecord = {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly attributes?: { readonly ApproximateReceiveCount?: string }
}

/** What a message counts as until it is settled. Only the few that stay so get an error, because errors cost a stack trace. */
const notFinished = Symbol('not finished')

export type ParsedRecord = { readonly record: QueueRecord; readonly news: News }

/** The fate of each message of a batch. A message counts as failed until everything that it asks for is done. */
export type Batch = {
  readonly parsed: readonly ParsedRecord[]
  /** `taskArn` where it is one task that failed. */
  readonly fail: (record: QueueRecord, error: unknown, taskArn?: string) => void
  readonly settle: (record: QueueRecord) => void
  readonly hasFailed: (record: QueueRecord) => boolean
  /** Messages that failed or were not finished, with why. */
  readonly failures: () => readonly RecordFailure[]
}

export type RecordFailure = {
  readonly record: QueueRecord
  readonly error: unknown
  readonly taskArn: string | null
}

export function openBatch(records: readonly QueueRecord[]): Batch {
  const open = new Map<QueueRecord, unknown>(records.map((record) => [record, notFinished]))
  const parsed: ParsedRecord[] = []
  for (const record of records) {
    try {
      parsed.push({ record, news: parseRecord(record.body) })
    } catch (error) {
      open.set(record, error)
    }
  }
  const failed = new Map<QueueRecord, string | null>()
  return {
    parsed,
    fail: (record, error, taskArn) => {
      failed.set(record, taskArn ?? null)
      open.set(record, error)
    },
    // One message may ask for several tasks: what failed for one of them stays failed.
    settle: (record) => {
      if (!failed.has(record)) open.delete(record)
    },
    hasFailed: (record) => failed.has(record),
    failures: () =>
      [...open].map(([record, error]) => ({
        record,
        error: error === notFinished ? unfinished(record) : error,
        taskArn: failed.get(record) ?? null,
      })),
  }
}

/**
 * How many seconds until a failed message is shown again; null leaves it to the queue's visibility timeout. One that can succeed comes
 * back the later the oftener it was received, half of that being jitter. One that nobody can read never will: it uses up its receives
 * quickly and is in the dead-letter queue, where an alarm sees it, within a minute rather than an hour.
 */
export function secondsUntilShown(record: QueueRecord, error: unknown, random: () => number): number | null {
  if (error instanceof QuaysideError && error.code === 'EVENT_INVALID') return 1
  if (!isRetryable(error)) return null
  const steps = [2, 5, 15, 30]
  const count = receivesOf(record)
  const seconds = steps[Math.min(steps.length, Math.max(1, count)) - 1] ?? 30
  return Math.ceil(seconds / 2 + (random() * seconds) / 2)
}

/** Whether it was handed out before, to a run that failed or never ended. */
export function wasDeliveredBefore(record: QueueRecord): boolean {
  return receivesOf(record) > 1
}

function receivesOf({ attributes }: QueueRecord): number {
  return Number(attributes?.ApproximateReceiveCount ?? '1')
}

function unfinished({ messageId }: QueueRecord): QuaysideError {
  return new QuaysideError(
    'TASK_UNRESOLVED',
    `Message ${messageId} was not finished within the function's time.`,
  )
}

/** The newest observation per task: the highest version; of equal ones a read, because it knows health too. */
export function newest(a: Observation | undefined, b: Observation): Observation {
  if (a === undefined || b.task.version > a.task.version) return b
  if (b.task.version < a.task.version) return a
  return b.source === 'read' && (a.source === 'event' || b.at > a.at) ? b : a
}
