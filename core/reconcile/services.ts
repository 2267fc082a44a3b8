import type { LedgerEntry } from '../ledger/ledger.ts'
import { phaseOf } from '../task/phase.ts'
import type { Task } from '../task/task.ts'

/** The ECS service of a task, by its group; null for a task that no service started. */
export function serviceOf(group: string | undefined): string | null {
  return /^service:(.+)$/.exec(group ?? '')?.[1] ?? null
}

/** Services of tasks that are about to be taken for gone although nobody ever said that they stopped. */
export function doubtedServices(
  gone: readonly string[],
  entries: ReadonlyMap<string, LedgerEntry>,
): readonly string[] {
  const live = gone.flatMap((taskId) => {
    const entry = entries.get(taskId)
    return entry?.phase === 'live' ? (serviceOf(entry.group) ?? []) : []
  })
  return [...new Set(live)]
}

/**
 * Those of the tasks whose ECS service says that it runs more tasks than would be left: ECS contradicts itself, and then it must not
 * be what empties a service.
 */
export function contradicted(
  gone: readonly string[],
  entries: ReadonlyMap<string, LedgerEntry>,
  observed: readonly Task[],
  running: ReadonlyMap<string, number>,
): readonly string[] {
  const left = new Map<string, number>()
  for (const task of observed) {
    const service = serviceOf(task.group)
    if (service !== null && phaseOf(task) === 'live') left.set(service, (left.get(service) ?? 0) + 1)
  }
  return gone.filter((taskId) => {
    const entry = entries.get(taskId)
    const service = entry?.phase === 'live' ? serviceOf(entry.group) : null
    return service !== null && (running.get(service) ?? 0) > (left.get(service) ?? 0)
  })
}
