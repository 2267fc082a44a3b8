import { isOwnedBy, type Owner } from '../catalog/cluster-node.ts'
import { entryMeta } from '../catalog/entry.ts'
import { deleteOp, serviceDeleteOp, type TxnOp } from '../txn/op.ts'
import { opsLimit } from '../txn/pack.ts'
import { type Holdings, type Kept, ownsKeys, ownsNode } from './holdings.ts'

/** How many entries of each kind. */
export type PurgeCounts = {
  readonly instances: number
  readonly ledgerEntries: number
  readonly hostKeys: number
  readonly bookkeeping: number
}

export type PurgePlan = {
  readonly counts: PurgeCounts
  /** Transactions, to be sent in this order; empty where nothing but the node is left. */
  readonly batches: readonly (readonly TxnOp[])[]
  /** Whether the node can go once these are done. */
  readonly removesNode: boolean
  readonly kept: readonly Kept[]
}

/**
 * What a purge of the cluster removes: services with this registrar and account, whatever their name, and the cluster's keys.
 * A task's services and keys go in one transaction, so that whoever looks sees both or neither.
 */
export function purgePlan(node: string, holdings: Holdings, owner: Owner): PurgePlan {
  const services = holdings.services.filter(({ meta }) => isOwnedBy(meta, owner))
  const keysAreOurs = ownsKeys(holdings, owner)
  const { ledger, hosts, bookkeeping } = keysAreOurs ? holdings : { ledger: [], hosts: [], bookkeeping: [] }
  const kept = [...keptServices(holdings, owner), ...keptKeys(holdings, keysAreOurs)]
  const keptNode = nodeKept(node, holdings, owner, kept)
  const steps = [
    ...services.map((service) => ({
      taskId: service.meta[entryMeta.taskId] ?? '',
      op: serviceDeleteOp(node, service),
    })),
    ...[...ledger, ...hosts].map(({ key, taskId }) => ({ taskId, op: deleteOp(key) })),
  ]
  const tasks = [...Map.groupBy(steps, ({ taskId }) => taskId).values()].map((group) =>
    group.map(({ op }) => op),
  )
  return {
    counts: {
      instances: services.length,
      ledgerEntries: ledger.length,
      hostKeys: hosts.length,
      bookkeeping: bookkeeping.length,
    },
    batches: packGroups([...tasks, bookkeeping.map(deleteOp)]),
    removesNode: holdings.nodeMeta !== null && keptNode === null,
    kept: keptNode === null ? kept : [...kept, keptNode],
  }
}

/** Whole groups together as far as they fit; only a group that is too large by itself is cut. */
function packGroups(groups: readonly (readonly TxnOp[])[]): readonly (readonly TxnOp[])[] {
  const batches: TxnOp[][] = []
  for (const group of groups) {
    for (let start = 0; start < group.length; start += opsLimit) {
      const part = group.slice(start, start + opsLimit)
      const last = batches.at(-1)
      if (last !== undefined && last.length + part.length <= opsLimit) last.push(...part)
      else batches.push(part)
    }
  }
  return batches
}

function keptServices(holdings: Holdings, owner: Owner): readonly Kept[] {
  const others = holdings.services.filter(({ meta }) => !isOwnedBy(meta, owner))
  const services = others.map(({ id, meta }): Kept => {
    const registrar = meta[entryMeta.registrar]
    const why = registrar === undefined ? 'no Quayside registered it' : `it is registered by ${registrar}`
    return { what: 'service', name: id, why }
  })
  const checks = holdings.nodeChecks.map((name): Kept => {
    return { what: 'check', name, why: 'somebody else checks the node' }
  })
  return [...services, ...checks]
}

function keptKeys(holdings: Holdings, keysAreOurs: boolean): readonly Kept[] {
  const strange = holdings.strange.map((name): Kept => ({ what: 'keys', name, why: 'no Quayside wrote it' }))
  const own = [...holdings.ledger.map(({ key }) => key), ...holdings.bookkeeping]
  if (keysAreOurs || own[0] === undefined) return strange
  const why = 'the node is held by another deployment, which may use the same prefix'
  return [...strange, { what: 'keys', name: `${own[0]} and ${own.length - 1} more`, why }]
}

/** The node goes only if it is ours and nothing else is on it: deleting it would take that along. */
function nodeKept(node: string, holdings: Holdings, owner: Owner, kept: readonly Kept[]): Kept | null {
  if (holdings.nodeMeta === null) return null
  const registrar = holdings.nodeMeta[entryMeta.registrar] ?? 'nobody'
  if (!ownsNode(holdings, owner)) return { what: 'node', name: node, why: `it is registered by ${registrar}` }
  const others = kept.filter(({ what }) => what !== 'keys').length
  return others === 0 ? null : { what: 'node', name: node, why: `${others} entries of others are on it` }
}
