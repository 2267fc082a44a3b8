import { QuaysideError } from '../../core/errors.ts'
import type { HealthMessage, TaskNews } from '../../core/task/parse-record.ts'
import { phaseOf } from '../../core/task/phase.ts'
import type { Observation } from '../../core/task/task.ts'
import { type Batch, newest, type QueueRecord } from './batch.ts'
import type { RegisterDeps } from './handler.ts'
import type { Seen } from './tasks.ts'

/** An event older than this is confirmed first: by now something else may be true. */
const trustMs = 60_000

/**
 * What the batch knows of each task, one observation per ARN: that of the highest version, so that older messages are
 * acknowledged with it. Old events are confirmed and health messages answered by batched reads.
 */
export async function observe(batch: Batch, deps: RegisterDeps): Promise<Map<string, Seen>> {
  const seen = new Map<string, Seen>()
  const toRead: Read[] = []
  for (const { record, news } of batch.parsed) {
    if (news.kind === 'task') sortTask(news, record, seen, toRead, batch, deps)
    if (news.kind === 'health') toRead.push(...healthReads(news, record, batch, deps))
  }
  for (const [cluster, reads] of Map.groupBy(toRead, (read) => read.cluster)) {
    await readAll(cluster, reads, seen, batch, deps)
  }
  return seen
}

type Read = {
  readonly cluster: string
  readonly arn: string
  readonly record: QueueRecord
  readonly event: TaskNews | null
  readonly hop: number | null
}

function sortTask(
  news: TaskNews,
  record: QueueRecord,
  seen: Map<string, Seen>,
  toRead: Read[],
  batch: Batch,
  deps: RegisterDeps,
): void {
  const { task } = news
  if (!isConfigured(task.clusterArn, deps)) {
    deps.log.info('task-dropped', {
      taskArn: task.arn,
      reason: 'cluster-not-configured',
      cluster: task.clusterArn,
    })
    deps.metrics.count('RecordsIgnored')
    batch.settle(record)
  } else if (deps.now() - news.at <= trustMs) {
    add(seen, task.arn, news, record, null)
  } else {
    toRead.push({ cluster: task.clusterArn, arn: task.arn, record, event: news, hop: null })
  }
}

function healthReads(
  news: HealthMessage,
  record: QueueRecord,
  batch: Batch,
  deps: RegisterDeps,
): readonly Read[] {
  if (!isConfigured(news.cluster, deps) || news.tasks.length === 0) {
    batch.settle(record)
    return []
  }
  return news.tasks.map((arn) => ({ cluster: news.cluster, arn, record, event: null, hop: news.hop }))
}

async function readAll(
  cluster: string,
  reads: readonly Read[],
  seen: Map<string, Seen>,
  batch: Batch,
  deps: RegisterDeps,
): Promise<void> {
  const at = deps.now()
  try {
    const answer = await deps.describeTasks(cluster, [...new Set(reads.map(({ arn }) => arn))])
    const found = new Map(answer.tasks.map((task) => [task.arn, task]))
    const malformed = new Map(answer.malformed.map(({ arn, error }) => [arn, error]))
    for (const read of reads) {
      const task = found.get(read.arn)
      if (task !== undefined) addRead(seen, read, { task, source: 'read', at })
      else if (malformed.has(read.arn)) batch.fail(read.record, malformed.get(read.arn))
      else if (answer.missing.includes(read.arn)) addUnknown(seen, read, batch, deps)
      else batch.fail(read.record, unanswered(read.arn))
    }
  } catch (error) {
    for (const { record } of reads) batch.fail(record, error)
  }
}

/** ECS names each task that it is asked about, as a task or as a failure; without that the answer says nothing of it. */
function unanswered(arn: string): QuaysideError {
  return new QuaysideError('AWS_FAILED', `ecs:DescribeTasks said nothing of task ${arn}. It is asked again.`)
}

/** The higher version counts: an answer may come from a replica that is behind the event. */
function addRead(seen: Map<string, Seen>, read: Read, answer: Observation): void {
  if (read.event !== null) add(seen, read.arn, read.event, read.record, null)
  add(seen, read.arn, answer, read.record, read.hop)
}

/**
 * ECS doesn't know the task any more. That it stopped is true for ever; that it runs isn't to be believed of an old event, and
 * whether it is gone is for reconcile to find out, from two reads.
 */
function addUnknown(seen: Map<string, Seen>, read: Read, batch: Batch, deps: RegisterDeps): void {
  const phase = read.event === null ? null : phaseOf(read.event.task)
  if (read.event !== null && (phase === 'draining' || phase === 'gone')) {
    add(seen, read.arn, read.event, read.record, null)
    return
  }
  deps.log.info('task-dropped', { taskArn: read.arn, reason: 'unknown-to-ecs' })
  batch.settle(read.record)
}

function add(
  seen: Map<string, Seen>,
  arn: string,
  observation: Observation,
  record: QueueRecord,
  hop: number | null,
): void {
  const before = seen.get(arn)
  const eventAt = before?.eventAt ?? null
  seen.set(arn, {
    observation: newest(before?.observation, observation),
    // An event that was confirmed by a read is as late as it is.
    eventAt: observation.source === 'event' ? Math.max(eventAt ?? 0, observation.at) : eventAt,
    records: [...new Set([...(before?.records ?? []), record])],
    hop: hop ?? before?.hop ?? null,
  })
}

function isConfigured(clusterArn: string, deps: RegisterDeps): boolean {
  return deps.settings.clusters.some(({ arn }) => arn === clusterArn)
}
