import type { ClusterKey } from '../../core/ledger/keys.ts'
import { taskFact } from '../../core/ledger/make-fact.ts'
import { transition } from '../../core/ledger/transition.ts'
import { clusterArn } from '../../core/reconcile/left-clusters.ts'
import { type TaskPlan, taskPlan } from '../../core/txn/task-plan.ts'
import { parsedDefinition, seenTask, someHost } from './ledger.ts'

/**
 * Plans that register tasks `task-<n>` of the service `web` in a cluster, as the functions would. In every fifteenth place
 * only the tombstone of a stopped one is written.
 */
export function tasksOf(
  prefix: string,
  cluster: ClusterKey,
  deployment: string,
  count: number,
  first = 0,
): readonly TaskPlan[] {
  const registrar = { deployment, servicePrefix: '' }
  const definition = parsedDefinition()
  return Array.from({ length: count }, (_, index) => {
    const isGone = count >= 10 && index % 15 === 14
    const seen = seenTask({
      id: `task-${first + index}`,
      clusterArn: clusterArn(cluster),
      lastStatus: isGone ? 'STOPPED' : 'RUNNING',
    })
    const { fact } = taskFact(seen, () => ({ definition, host: someHost }), null, registrar)
    return taskPlan(prefix, fact, { entry: null, index: 0 }, transition(null, fact))
  })
}
