import { byText, inOrder } from '../canonical.ts'
import { QuaysideError } from '../errors.ts'
import type { CatalogCheck, CatalogInstance, CheckStatus, ServiceSnapshot } from './snapshot.ts'

type Members = Readonly<Record<string, unknown>>

/**
 * Reads the body of `health/service/<name>`. Throws CONSUL_REFUSED where it is not what Consul documents: an answer that can't
 * be understood is a failed read, never an empty service. Lists are put in a total order, because Consul has none.
 */
export function parseHealth(body: unknown, name: string, datacenter: string): ServiceSnapshot {
  if (!Array.isArray(body)) throw malformed(name, 'the body is not a list')
  const instances = body.map((entry) => readInstance(entry, name, datacenter))
  return { datacenter, instances: inOrder(instances, byPlace), name }
}

/** One entry of such a body, or another with the same members; `name` is for what the entry doesn't say. */
export function readInstance(entry: unknown, name: string, datacenter: string): CatalogInstance {
  const { Node, Service, Checks } = members(entry)
  const node = members(Node)
  const service = members(Service)
  const id = text(service.ID)
  if (id === '' || text(node.Node) === '') throw malformed(name, 'an entry has no Node.Node or Service.ID')
  // In the order of the keys, which spares sorting them for a digest.
  return {
    address: text(service.Address) || text(node.Address),
    checks: inOrder(list(Checks).map(readCheck), (a, b) => byText(a.id, b.id)),
    datacenter,
    id,
    meta: readMeta(service.Meta),
    node: text(node.Node),
    ...ofNode(node),
    port: typeof service.Port === 'number' ? service.Port : 0,
    service: text(service.Service) || name,
    tags: inOrder(list(service.Tags).map(text), byText),
    weight: readWeight(service.Weights),
  }
}

function ofNode({ Address, Meta }: Members): Pick<CatalogInstance, 'nodeAddress' | 'nodeMeta'> {
  const nodeMeta = readMeta(Meta)
  const hasMeta = Object.keys(nodeMeta).length > 0
  return { ...(Address ? { nodeAddress: text(Address) } : {}), ...(hasMeta ? { nodeMeta } : {}) }
}

function readCheck(value: unknown): CatalogCheck {
  const check = members(value)
  return {
    id: text(check.CheckID),
    output: text(check.Output),
    serviceId: text(check.ServiceID),
    status: readStatus(check.Status),
  }
}

// Whatever Consul may add one day is not known to be good.
function readStatus(value: unknown): CheckStatus {
  return value === 'passing' || value === 'warning' ? value : 'critical'
}

function readMeta(value: unknown): Record<string, string> {
  const entries = Object.entries(members(value)).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string'
  })
  return Object.fromEntries(inOrder(entries, ([a], [b]) => byText(a, b)))
}

function readWeight(value: unknown): number {
  const weight = members(value).Passing
  return typeof weight === 'number' && Number.isInteger(weight) ? Math.min(Math.max(weight, 1), 65_535) : 1
}

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function byPlace(a: CatalogInstance, b: CatalogInstance): number {
  return byText(a.node, b.node) || byText(a.id, b.id)
}

function malformed(name: string, why: string): QuaysideError {
  return new QuaysideError('CONSUL_REFUSED', `The answer to health/service/${name} can't be used: ${why}.`)
}
