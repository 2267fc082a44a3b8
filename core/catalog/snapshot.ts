import { type SourceKey, sourceKey } from '../release/endpoints.ts'

/** The status of one check as Consul states it. `maintenance` is Consul's own reserved check, whatever its status says. */
export type CheckStatus = 'passing' | 'warning' | 'critical'

export type CatalogCheck = {
  readonly id: string
  /** Empty for a check of the node itself. */
  readonly serviceId: string
  readonly status: CheckStatus
  readonly output: string
}

/** One instance as the catalog states it, parsed but not yet judged; all of it is untrusted data. */
export type CatalogInstance = {
  readonly datacenter: string
  readonly node: string
  readonly id: string
  readonly service: string
  /** The service's address, or the node's where the service has none. */
  readonly address: string
  readonly port: number
  /** The node's own address and meta, where Consul tells any; for templates alone. */
  readonly nodeAddress?: string
  readonly nodeMeta?: Readonly<Record<string, string>>
  /** Sorted: Consul returns them in no particular order. */
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
  readonly weight: number
  readonly checks: readonly CatalogCheck[]
}

/** All instances of one service in one datacenter, in the total order (node, id). */
export type ServiceSnapshot = {
  readonly name: string
  readonly datacenter: string
  readonly instances: readonly CatalogInstance[]
}

const sources = new WeakMap<ServiceSnapshot, SourceKey>()

/** Where servers of the service come from, as text; made once for each snapshot. */
export function sourceOf(service: ServiceSnapshot): SourceKey {
  const source = sources.get(service) ?? sourceKey(service.name, service.datacenter)
  sources.set(service, source)
  return source
}
