import { clusterOfKey } from '../../core/ledger/keys.ts'
import type { TaskKey } from '../../core/ledger/ledger.ts'
import type { TaskPlan } from '../../core/txn/task-plan.ts'
import type { ConsulClient } from './client.ts'
import { type LedgerRecord, readHostTasks, readLedger } from './ledger.ts'
import type { ScopedConsul } from './scope.ts'
import type { PlanOutcome, Submit } from './submit.ts'

/** Reads each key where its cluster is registered. */
export async function readScopedLedger(
  consul: ScopedConsul,
  prefix: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, LedgerRecord>> {
  const groups = Map.groupBy(keys, (key) => consul.of(clusterOfKey(prefix, key)))
  const found = await Promise.all([...groups].map(([client, members]) => readLedger(client, members)))
  return merged(found)
}

/** Writes each plan where its cluster is registered. `open` makes the way of writing for one part of Consul. */
export function createScopedSubmit(consul: ScopedConsul, open: (client: ConsulClient) => Submit): Submit {
  const ways = new Map(consul.all.map((client) => [client, open(client)]))
  return async (plans, options) => {
    const groups = Map.groupBy(plans, ({ key }) => consul.of(key))
    const outcomes = await Promise.all(
      [...groups].map(([client, members]) => {
        const submit = ways.get(client)
        return submit === undefined ? new Map<TaskPlan, PlanOutcome>() : submit(members, options)
      }),
    )
    return merged(outcomes)
  }
}

/** A host may run tasks of clusters that are registered in different parts. */
export async function readScopedHostTasks(
  consul: ScopedConsul,
  prefix: string,
  instanceId: string,
): Promise<readonly TaskKey[]> {
  const found = await Promise.all(consul.all.map((client) => readHostTasks(client, prefix, instanceId)))
  const tasks = new Map(found.flat().map((task) => [Object.values(task).join('/'), task]))
  return [...tasks.values()]
}

function merged<K, V>(maps: readonly ReadonlyMap<K, V>[]): ReadonlyMap<K, V> {
  const [only] = maps
  return maps.length === 1 && only !== undefined ? only : new Map(maps.flatMap((map) => [...map]))
}
