import type { TaskPlan } from '../../core/txn/task-plan.ts'
import type { ConsulClient } from './client.ts'
import { ensureNode } from './node.ts'
import { createNodeGuard, type NodeGuardOptions } from './node-guard.ts'
import { createSubmit, type PlanOutcome, type Submit, type TxnNews } from './submit.ts'

/**
 * Submits plans of clusters whose node is ours: looked at before the first write of this process, and again beside the work.
 * Tasks of a cluster whose node is refused fail with that error; those of other clusters go on.
 */
export function createGuardedSubmit(
  client: ConsulClient,
  deployment: string,
  options: NodeGuardOptions & { readonly onTxn?: (news: TxnNews) => void } = {},
): Submit {
  const guard = createNodeGuard(client, deployment, options)
  const ensure = async ({ key }: TaskPlan) => {
    const change = await ensureNode(client, key, deployment)
    if (change !== null) options.onChange?.(key, change)
  }
  const submit = createSubmit(client, ensure, options.onTxn)

  return async (plans, sending) => {
    const outcomes = new Map<TaskPlan, PlanOutcome>()
    const allowed: TaskPlan[] = []
    for (const members of Map.groupBy(plans, clusterOf).values()) {
      try {
        if (members[0] !== undefined) await guard(members[0].key)
        allowed.push(...members)
      } catch (error) {
        for (const plan of members) outcomes.set(plan, { result: 'unknown', error })
      }
    }
    for (const [plan, outcome] of await submit(allowed, sending)) outcomes.set(plan, outcome)
    return outcomes
  }
}

function clusterOf({ key }: TaskPlan): string {
  return `${key.account}/${key.region}/${key.cluster}`
}
