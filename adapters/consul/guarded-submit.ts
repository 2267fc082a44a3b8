import type { ClusterKey } from '../../core/ledger/keys.ts'
import type { TaskPlan } from '../../core/txn/task-plan.ts'
import type { ConsulClient } from './client.ts'
import { ensureNode } from './node.ts'
import { createSubmit, type PlanOutcome, type Submit } from './submit.ts'

/**
 * Submits plans after making sure, once per process and cluster, that the cluster's node is ours. Tasks of a cluster whose node
 * is refused fail with that error; those of other clusters go on.
 */
export function createGuardedSubmit(client: ConsulClient, deployment: string): Submit {
  const checked = new Map<string, Promise<void>>()
  const submit = createSubmit(client, ({ key }) => ensureNode(client, key, deployment))

  function check(cluster: ClusterKey): Promise<void> {
    const id = `${cluster.account}/${cluster.region}/${cluster.cluster}`
    const known = checked.get(id) ?? ensureNode(client, cluster, deployment)
    checked.set(id, known)
    // A failure isn't remembered: the node may be freed, or Consul be back, by the next batch.
    known.catch(() => checked.delete(id))
    return known
  }

  return async (plans) => {
    const outcomes = new Map<TaskPlan, PlanOutcome>()
    const allowed: TaskPlan[] = []
    for (const plan of plans) {
      try {
        await check(plan.key)
        allowed.push(plan)
      } catch (error) {
        outcomes.set(plan, { result: 'unknown', error })
      }
    }
    for (const [plan, outcome] of await submit(allowed)) outcomes.set(plan, outcome)
    return outcomes
  }
}
