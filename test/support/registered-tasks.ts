import assert from 'node:assert/strict'
import type { ConsulClient } from '../../adapters/consul/client.ts'
import { createGuardedSubmit } from '../../adapters/consul/guarded-submit.ts'
import { compareAndSet } from '../../adapters/consul/kv.ts'
import { absentKey, type ClusterKey, leaseKey, stampKey } from '../../core/ledger/keys.ts'
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
  const registrar = { deployment, servicePrefix: '', addressFamily: 'ipv4' as const, consul: null }
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

/** A cluster as a deployment leaves it: tasks, some of them gone, with bookkeeping of an hour ago. */
export async function fillCluster(
  client: ConsulClient,
  key: ClusterKey,
  deployment: string,
  tasks: number,
  under: string,
) {
  const outcomes = await createGuardedSubmit(client, deployment)(tasksOf(under, key, deployment, tasks))
  for (const { result } of outcomes.values()) assert.equal(result, 'committed')
  const at = Date.now() - 3_600_000
  await compareAndSet(client, stampKey(under, key), JSON.stringify({ epoch: 'e', at }), 0)
  await compareAndSet(client, leaseKey(under, key), JSON.stringify({ holder: 'h', until: 0 }), 0)
  await compareAndSet(client, absentKey(under, key), '{}', 0)
}
