import type { ConsulClient } from '../../../adapters/consul/client.ts'
import { readHoldings } from '../../../adapters/consul/holdings.ts'
import { runTxn } from '../../../adapters/consul/txn.ts'
import type { Owner } from '../../../core/catalog/cluster-node.ts'
import { nodeName } from '../../../core/catalog/entry.ts'
import { QuaysideError } from '../../../core/errors.ts'
import type { ClusterKey } from '../../../core/ledger/keys.ts'
import { type PurgeCounts, type PurgePlan, purgePlan } from '../../../core/purge/purge-plan.ts'
import { classify } from '../../../core/txn/failure.ts'
import type { TxnOp } from '../../../core/txn/op.ts'

export type Removed = PurgeCounts & { readonly node: boolean }

export type Purging = {
  readonly consul: ConsulClient
  readonly prefix: string
  readonly cluster: ClusterKey
  readonly owner: Owner
  /** Called after each transaction. */
  readonly onProgress: (done: number, all: number) => void
}

export type PurgeEnd = { readonly removed: Removed; readonly kept: PurgePlan['kept'] }

// Somebody may write meanwhile; who goes on writing after so many looks is a deployment that still serves the cluster.
const looks = 5

/**
 * Removes what is ours until a look finds nothing more, and then the node, if it is ours and empty. Each look begins from what
 * is there, so a purge that was interrupted is finished by the next one.
 */
export async function removeAll(purging: Purging): Promise<PurgeEnd> {
  let removed: Removed = { instances: 0, ledgerEntries: 0, hostKeys: 0, bookkeeping: 0, node: false }
  const node = nodeName(purging.cluster)
  for (let look = 1; look <= looks; look++) {
    const found = await readHoldings(purging.consul, purging.prefix, purging.cluster)
    const plan = purgePlan(node, found.holdings, purging.owner)
    if (plan.batches.length === 0) {
      if (!plan.removesNode || found.node === null) return { removed, kept: plan.kept }
      // The index says that the node's own record is as it was read; that nothing joined it was read just before.
      const index = found.node.ModifyIndex
      const gone = await run(purging.consul, [
        { Node: { Verb: 'delete-cas', Node: { Node: node, ModifyIndex: index } } },
      ])
      if (gone) return { removed: { ...removed, node: true }, kept: plan.kept }
    } else if (await runBatches(plan.batches, purging)) removed = sum(removed, plan.counts)
  }
  throw new QuaysideError(
    'CONSUL_CONFLICT',
    `Something goes on registering tasks of ${node}: after ${looks} looks it was not empty. Find the deployment that still has the ` +
      'cluster in its configuration, take it out there, and run the purge again.',
  )
}

async function runBatches(batches: PurgePlan['batches'], purging: Purging): Promise<boolean> {
  const all = batches.reduce((total, { length }) => total + length, 0)
  let done = 0
  for (const batch of batches) {
    if (!(await run(purging.consul, batch))) return false
    done += batch.length
    purging.onProgress(done, all)
  }
  return true
}

/** False where something changed since it was read, and the next look decides anew. */
async function run(consul: ConsulClient, ops: readonly TxnOp[]): Promise<boolean> {
  const answer = await runTxn(consul, ops)
  if (answer.ok) return true
  const words = answer.errors[0]?.what ?? 'no explanation'
  const kind = classify(words)
  if (kind === 'denied') {
    const remedy =
      'The token needs write access to the keys below the prefix, to the services, and to the node.'
    throw new QuaysideError('CONSUL_DENIED', `Consul refused to remove entries: ${words}. ${remedy}`)
  }
  if (kind === 'refused')
    throw new QuaysideError('CONSUL_REFUSED', `Consul refused to remove entries: ${words}.`)
  return false
}

function sum(a: Removed, b: PurgeCounts): Removed {
  return {
    instances: a.instances + b.instances,
    ledgerEntries: a.ledgerEntries + b.ledgerEntries,
    hostKeys: a.hostKeys + b.hostKeys,
    bookkeeping: a.bookkeeping + b.bookkeeping,
    node: a.node,
  }
}
