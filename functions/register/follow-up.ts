import type { Log } from '../../adapters/log.ts'
import type { Metrics } from '../../adapters/metrics.ts'
import type { Queue } from '../../adapters/queue.ts'
import { explain } from '../../core/errors.ts'
import type { HealthMessage } from '../../core/task/parse-record.ts'
import type { Observation } from '../../core/task/task.ts'
import type { Applied } from './apply.ts'
import { type Batch, wasDeliveredBefore } from './batch.ts'
import type { Seen } from './tasks.ts'

export type FollowDeps = {
  readonly queue: Pick<Queue, 'send'>
  readonly log: Log
  readonly metrics: Pick<Metrics, 'count'>
}

/** Seconds until the next look at the health of a waiting task, by hop; after the last one reconcile goes on. */
const delays = [5, 10, 20, 40, 60]
const tasksPerMessage = 100

/**
 * Sends delayed messages for live tasks that wait for their health check: a change of health emits no event. Each task has one chain
 * of them at a time; a second one begins only with a message that is delivered again, where nobody knows whether the first did. A
 * failure costs time only, because reconcile refreshes health as well.
 */
export async function followUp(
  seen: ReadonlyMap<string, Seen>,
  applied: ReadonlyMap<string, Applied>,
  batch: Pick<Batch, 'hasFailed'>,
  deps: FollowDeps,
): Promise<void> {
  const due = [...seen].flatMap(([arn, { observation, hop, records }]) => {
    // A message of many tasks that is delivered again, because one of them failed, sends for all of them then.
    const result = records.some(batch.hasFailed) ? undefined : applied.get(arn)
    return dueOf(observation, hop, result, records.some(wasDeliveredBefore))
  })
  await send(due, deps)
}

/**
 * The same for tasks that were written without a message: the event that comes after such a write finds nothing to do, and follows
 * nothing up.
 */
export async function followWritten(
  observations: readonly Observation[],
  applied: ReadonlyMap<string, Applied>,
  deps: FollowDeps,
): Promise<void> {
  const due = observations.flatMap((seen) => dueOf(seen, null, applied.get(seen.task.arn), false))
  await send(due, deps)
}

async function send(due: readonly Due[], deps: FollowDeps): Promise<void> {
  const groups = [...Map.groupBy(due, ({ cluster, hop }) => `${hop} ${cluster}`).values()]
  const messages = groups.flatMap((group) => messagesOf(group))
  if (messages.length === 0) return
  try {
    await deps.queue.send(messages)
    deps.metrics.count('HealthFollowUps', due.length)
  } catch (error) {
    const remedy = 'none needed: reconcile reads their health within a minute or two'
    deps.log.warn('health-follow-up-failed', { tasks: due.length, reason: explain(error), remedy })
  }
}

/** Empty where nothing is to be followed: not waiting, followed by another chain, or looked at often enough. */
function dueOf(
  { task }: Observation,
  hop: number | null,
  applied: Applied | undefined,
  again: boolean,
): readonly Due[] {
  if (applied === undefined || applied.result === 'failed') return []
  if (hop === null && !beginsToWait(applied, again)) return []
  const fact = applied.made?.fact
  const waits = fact?.phase === 'live' && fact.wanted.instances.some(({ check }) => check === 'waiting')
  const next = hop === null ? 0 : hop + 1
  return waits && next < delays.length ? [{ arn: task.arn, cluster: task.clusterArn, hop: next }] : []
}

/**
 * A task that was waiting before is followed already, whatever newer version of it was written now; unless its message was delivered
 * before, and who took it then may have been cut short between writing and sending.
 */
function beginsToWait(applied: Applied, again: boolean): boolean {
  if (applied.result !== 'written') return again && applied.reason === 'same'
  const { before } = applied
  return before?.phase !== 'live' || !Object.values(before.health).includes('UNKNOWN')
}

type Due = { readonly arn: string; readonly cluster: string; readonly hop: number }

function messagesOf(group: readonly Due[]): readonly { body: HealthMessage; delaySeconds: number }[] {
  const [first] = group
  if (first === undefined) return []
  const { cluster, hop } = first
  return Array.from({ length: Math.ceil(group.length / tasksPerMessage) }, (_, part) => {
    const members = group.slice(part * tasksPerMessage, (part + 1) * tasksPerMessage)
    const body: HealthMessage = { kind: 'health', cluster, tasks: members.map(({ arn }) => arn), hop }
    return { body, delaySeconds: delays[hop] ?? 60 }
  })
}
