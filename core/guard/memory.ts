import type { ClusterKey } from '../ledger/keys.ts'
import { type PartedMap, partedMap } from '../parted-map.ts'
import type { Server } from '../release/endpoints.ts'

/**
 * One published instance, remembered with all that is needed to look it up once the catalog no longer shows it. Whether it is
 * ours is decided by what was remembered here, never by whether a ledger entry is there.
 */
export type Member = {
  readonly node: string
  readonly id: string
  readonly server: Server
  /** The key of its task's ledger entry; null for an instance that others registered. */
  readonly ledger: string | null
  readonly cluster: ClusterKey | null
  /** Unix milliseconds since when it is in against a doubt: it vanished, or all that is left is draining. */
  readonly since: number | null
}

export type ServiceMemory = {
  readonly members: readonly Member[]
  /** Whether an instance of this service ever passed: only then may waiting ones serve where nothing else is left. */
  readonly passed: boolean
}

/** What the guard carries from one look at the catalog to the next, and across cold starts. */
export type GuardMemory = {
  readonly epoch: EpochMemory
  /** By source. */
  readonly services: PartedMap<ServiceMemory>
}

/** The last epoch under which all clusters were reconciled, and since when another one is seen. */
export type EpochMemory = { readonly known: string | null; readonly changedAt: number | null }

export const emptyGuardMemory: GuardMemory = {
  epoch: { known: null, changedAt: null },
  services: partedMap(),
}
