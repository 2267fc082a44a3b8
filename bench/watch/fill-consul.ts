import { chunksOf } from '../../adapters/chunks.ts'
import type { ConsulClient } from '../../adapters/consul/client.ts'
import { ensureNode } from '../../adapters/consul/node.ts'
import { runTxn } from '../../adapters/consul/txn.ts'
import { nodeName } from '../../core/catalog/entry.ts'
import { ledgerKey, stampKey } from '../../core/ledger/keys.ts'
import type { TaskPhase } from '../../core/ledger/ledger.ts'
import { serialiseEntry } from '../../core/ledger/serialise.ts'
import { checkSetOp, serviceDeleteOp, serviceSetOp, setOp, type TxnOp } from '../../core/txn/op.ts'
import { ensureEpoch } from '../../functions/reconcile/epoch.ts'
import { type BenchInstance, type BenchService, clusters, settings } from '../instances.ts'

const epoch = 'bench'
const mostOps = 64
const lanes = 4

/** Registers everything as the registering side would have left it: nodes, epoch, stamps, ledger, services with their checks. */
export async function fillConsul(client: ConsulClient, services: readonly BenchService[]): Promise<void> {
  for (const cluster of clusters) await ensureNode(client, cluster, settings.deployment)
  await ensureEpoch(client, settings.prefix, epoch)
  const stamp = JSON.stringify({ epoch, at: Date.now() })
  await write(
    client,
    clusters.map((cluster) => setOp(stampKey(settings.prefix, cluster), stamp)),
  )
  const tasks = services.flatMap(({ instances }) => instances.map(liveOps))
  const perTxn = Math.floor(mostOps / (tasks[0]?.length ?? 1))
  const waiting = chunksOf(tasks, perTxn).map((part) => part.flat())
  const lane = async () => {
    for (let ops = waiting.shift(); ops !== undefined; ops = waiting.shift()) await write(client, ops)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

/** A task that runs as the instance says, whatever it was before. */
export function liveOps(instance: BenchInstance): readonly TxnOp[] {
  const node = nodeName(instance.cluster)
  return [
    ledgerOp(instance, 'live'),
    serviceSetOp(node, instance),
    checkSetOp(node, instance, instance.check),
  ]
}

/** The check alone, as for a health that changed. */
export function checkOps(instance: BenchInstance): readonly TxnOp[] {
  return [checkSetOp(nodeName(instance.cluster), instance, instance.check)]
}

/** A task that ECS has stopped. */
export function goneOps(instance: BenchInstance): readonly TxnOp[] {
  return [ledgerOp(instance, 'gone'), serviceDeleteOp(nodeName(instance.cluster), instance)]
}

/** Throws unless Consul took all of it. */
export async function write(client: ConsulClient, ops: readonly TxnOp[]): Promise<void> {
  const answer = await runTxn(client, ops)
  if (!answer.ok) throw new Error(`Consul refused a transaction: ${answer.errors[0]?.what}`)
}

function ledgerOp({ id, service, cluster, taskId }: BenchInstance, phase: TaskPhase): TxnOp {
  const entry = {
    version: phase === 'live' ? 3 : 7,
    phase,
    reason: 'ecs' as const,
    hash: 'bench',
    health: {},
  }
  const key = ledgerKey(settings.prefix, { ...cluster, taskId })
  return setOp(key, serialiseEntry({ ...entry, instances: [{ id, service }], host: null, at: 1 }))
}
