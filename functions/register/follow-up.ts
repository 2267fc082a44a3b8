import { explain } from '../../core/errors.ts'
import type { HealthMessage } from '../../core/task/parse-record.ts'
import type { Applied } from './apply.ts'
import type { Batch } from './batch.ts'
import type { RegisterDeps } from './handler.ts'
import type { Seen } from './tasks.ts'

/** Seconds until the next look at the health of a waiting task, by hop; after the last one reconcile goes on. */
const delays = [5, 10, 20, 40, 60]
const tasksPerMessage = 100

/**
 * Sends delayed messages for live tasks that wait for their health check: a change of health emits no event. Each task has one chain
 * of them at a time. A failure costs time only, because reconcile refreshes health as well.
 */
export async function followUp(
  seen: ReadonlyMap<string, Seen>,
  applied: ReadonlyMap<string, Applied>,
  batch: Pick<Batch, 'hasFailed'>,
  deps: RegisterDeps,
): Promise<void> {
  const due = [...seen].flatMap(([arn, { observation, hop, records }]) => {
    // A message of many tasks that is delivered again, because one of them failed, sends for all of them then.
    const next = records.some(batch.hasFailed) ? null : nextHop(applied.get(arn), hop)
    return next === null ? [] : [{ arn, cluster: observation.task.clusterArn, hop: next }]
  })
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

/** Null where nothing is to be followed: not waiting, followed by another chain, or looked at often enough. */
function nextHop(applied: Applied | undefined, hop: number | null): number | null {
  if (applied === undefined || applied.result === 'failed') return null
  if (hop === null && !beginsToWait(applied)) return null
  const fact = applied.made?.fact
  const waits = fact?.phase === 'live' && fact.wanted.instances.some(({ check }) => check === 'waiting')
  const next = hop === null ? 0 : hop + 1
  return waits && next < delays.length ? next : null
}

/** A task that was waiting before is followed already, whatever newer version of it was written now. */
function beginsToWait(applied: Applied): boolean {
  if (applied.result !== 'written') return false
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
