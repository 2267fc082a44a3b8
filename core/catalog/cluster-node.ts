import { entryMeta, managedBy } from './entry.ts'

/** A deployment as the owner of entries: ids are often the same in several accounts, because configurations are copied. */
export type Owner = { readonly deployment: string; readonly account: string }

type Meta = Readonly<Record<string, string>>

/** A cluster's node as the catalog holds it. `metas` are those of its services, read only where its own meta names nobody. */
export type FoundNode = {
  readonly meta: Meta
  readonly hasAgent: boolean
  readonly metas: readonly Meta[]
}

export type NodeVerdict =
  | { readonly action: 'keep' }
  | { readonly action: 'write'; readonly change: 'adopted' | 'mended'; readonly meta: Meta }
  | { readonly action: 'refuse'; readonly problem: string; readonly remedy: string }

/**
 * The node's meta: consul-esm runs checks on external nodes; synthetic says that no machine stands behind it. Never
 * `external-probe`: consul-esm would delete a node that doesn't answer its ping, with all services.
 */
export function nodeMeta(deployment: string): Meta {
  return {
    'external-node': 'true',
    'synthetic-node': 'true',
    [entryMeta.managedBy]: managedBy,
    [entryMeta.registrar]: deployment,
  }
}

export function isOwnedBy(meta: Meta, { deployment, account }: Owner): boolean {
  return meta[entryMeta.registrar] === deployment && meta[entryMeta.account] === account
}

/** Whether some Quayside registered it, this one or another. */
export function isManaged(meta: Meta): boolean {
  return meta[entryMeta.managedBy] === managedBy
}

/**
 * Whether the node is this deployment's. What somebody changed of its meta is put back; one that lost its registrar is taken
 * back if it is empty or holds entries of this deployment and none of another. Everything else is refused: one cluster has one
 * registrar.
 */
export function judgeNode(found: FoundNode, owner: Owner): NodeVerdict {
  const registrar = found.meta[entryMeta.registrar]
  if (found.hasAgent) {
    return refuse(
      "carries serfHealth: an agent runs under this name and would delete Quayside's entries",
      'Give the agent another node name.',
    )
  }
  if (registrar === undefined) return judgeUnnamed(found, owner)
  if (registrar !== owner.deployment) {
    return refuse(
      `belongs to deployment ${registrar}, not to ${owner.deployment}`,
      'One cluster has one registrar: take the cluster out of one of the two configurations, and purge it for that deployment ' +
        '(quayside purge).',
    )
  }
  const meta = mended(found.meta, owner)
  return isSame(found.meta, meta) ? { action: 'keep' } : { action: 'write', change: 'mended', meta }
}

function judgeUnnamed({ meta, metas }: FoundNode, owner: Owner): NodeVerdict {
  const managed = metas.filter(isManaged)
  const ours = managed.filter((one) => isOwnedBy(one, owner))
  const other = managed.find((one) => !isOwnedBy(one, owner))
  if (other !== undefined) {
    return refuse(
      `names no registrar and holds entries of deployment ${other[entryMeta.registrar] ?? 'unknown'}`,
      'Take the cluster out of the other configuration, and purge it there (quayside purge).',
    )
  }
  if (ours.length === 0 && metas.length > 0) {
    return refuse(
      `names no registrar and holds services that aren't Quayside's (${metas.length})`,
      'Move these to another node and delete this one.',
    )
  }
  return { action: 'write', change: 'adopted', meta: mended(meta, owner) }
}

function mended(meta: Meta, { deployment }: Owner): Meta {
  const { 'external-probe': probe, ...rest } = meta
  const kept = probe === undefined || probe === 'true' ? rest : meta
  return { ...kept, ...nodeMeta(deployment) }
}

function isSame(a: Meta, b: Meta): boolean {
  const keys = Object.keys(b)
  return keys.length === Object.keys(a).length && keys.every((key) => a[key] === b[key])
}

function refuse(problem: string, remedy: string): NodeVerdict {
  return { action: 'refuse', problem, remedy }
}
