import { explain } from '../../core/errors.ts'
import { ledgerKey } from '../../core/ledger/keys.ts'
import { phaseOf } from '../../core/task/phase.ts'
import type { RegisterDeps } from './handler.ts'
import type { Seen } from './tasks.ts'

/**
 * Before tasks are drained, the waiting instances of their services are looked at again: ECS stops old tasks when it sees the
 * new ones healthy, so they very likely are. Best effort: without it the new ones follow a few seconds later.
 */
export async function addWaiting(
  seen: ReadonlyMap<string, Seen>,
  deps: RegisterDeps,
): Promise<ReadonlyMap<string, Seen>> {
  const drains = [...seen.values()].filter(({ observation }) => phaseOf(observation.task) === 'draining')
  if (drains.length === 0) return seen
  const all = new Map(seen)
  try {
    for (const [cluster, members] of Map.groupBy(drains, ({ observation }) => observation.task.clusterArn)) {
      const arns = await waitingOf(members, deps)
      const fresh = arns.filter((arn) => !all.has(arn))
      if (fresh.length === 0) continue
      const at = deps.now()
      const { tasks } = await deps.describeTasks(cluster, fresh)
      for (const task of tasks)
        all.set(task.arn, { observation: { task, source: 'read', at }, records: [], hop: null })
    }
  } catch (error) {
    deps.log.warn('waiting-not-read', { reason: explain(error) })
  }
  return all
}

async function waitingOf(drains: readonly Seen[], deps: RegisterDeps): Promise<readonly string[]> {
  const keys = drains.map(({ observation }) => ledgerKey(deps.prefix, observation.task.key))
  const ledger = await deps.readLedger(keys)
  const services = [...ledger.values()].flatMap(({ entry }) => (entry?.instances ?? []).map((i) => i.service))
  const waiting = await Promise.all([...new Set(services)].map((service) => deps.waitingTasks(service)))
  return [...new Set(waiting.flat())]
}
