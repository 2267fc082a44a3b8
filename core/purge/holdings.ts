import { isManaged, isOwnedBy, type Owner } from '../catalog/cluster-node.ts'
import { entryMeta } from '../catalog/entry.ts'

type Meta = Readonly<Record<string, string>>

/** Everything in Consul that may belong to one cluster, read consistently. */
export type Holdings = {
  /** Meta of the cluster's node; null if it isn't there. */
  readonly nodeMeta: Meta | null
  readonly services: readonly { readonly id: string; readonly service: string; readonly meta: Meta }[]
  /** Ids of checks of the node itself. */
  readonly nodeChecks: readonly string[]
  /** Keys of tasks, with the task's id. */
  readonly ledger: readonly TaskKeyName[]
  readonly hosts: readonly TaskKeyName[]
  /** Stamp, lease and absence marks, as far as they are there. */
  readonly bookkeeping: readonly string[]
  /** Keys below the cluster's ledger folder that no Quayside writes. */
  readonly strange: readonly string[]
  /** Unix milliseconds: when the last complete reconcile pass began, and until when one holds the lease. */
  readonly reconciledAt: number | null
  readonly leasedUntil: number | null
}

export type TaskKeyName = { readonly key: string; readonly taskId: string }

/** Something that a purge leaves where it is. */
export type Kept = {
  readonly what: 'service' | 'check' | 'keys' | 'node'
  readonly name: string
  readonly why: string
}

/** Whether the keys of the cluster can only be this deployment's: another one that holds the node may use the same prefix. */
export function ownsKeys(holdings: Holdings, owner: Owner): boolean {
  const registrar = holdings.nodeMeta?.[entryMeta.registrar]
  if (registrar !== undefined) return registrar === owner.deployment
  return !holdings.services.some(({ meta }) => isManaged(meta) && !isOwnedBy(meta, owner))
}

/** Whether the node says that it is this deployment's. */
export function ownsNode({ nodeMeta }: Holdings, owner: Owner): boolean {
  return nodeMeta !== null && nodeMeta[entryMeta.registrar] === owner.deployment && isManaged(nodeMeta)
}

const quietMs = 5 * 60_000

/** Why a purge would undo what a deployment is doing, or null where none seems to. A stamp of the future counts as young. */
export function stillServed(holdings: Holdings, now: number): string | null {
  const { reconciledAt, leasedUntil } = holdings
  if (leasedUntil !== null && leasedUntil > now) return 'a reconcile pass of it is under way'
  if (reconciledAt === null || now - reconciledAt >= quietMs) return null
  return `it was reconciled ${Math.max(0, Math.round((now - reconciledAt) / 1_000))} s ago`
}
