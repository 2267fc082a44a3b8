import { filtered } from './filter.ts'
import { checkJson, nodeJson, serviceJson } from './records.ts'
import { mayRead, type Rights } from './rights.ts'
import type { CheckRecord, NodeRecord, ServiceRecord, Store } from './state.ts'

type Filter = string | undefined

export type Read = { readonly index: number; readonly body: unknown }

/** `/v1/catalog/node/:node`: null if it isn't there or may not be seen. */
export function readNode(store: Store, name: string, rights: Rights): Read {
  const node = store.nodes.get(name)
  if (node === undefined) return { index: 1, body: null }
  const index = Math.max(store.tables.nodes, store.tables.services)
  if (!mayRead(rights, 'nodes')) return { index, body: null }
  const members = mayRead(rights, 'services') ? servicesOf(store, name) : []
  const services = members.map((service) => [service.id, serviceJson(service, true)] as const)
  return { index, body: { Node: nodeJson(node), Services: Object.fromEntries(services) } }
}

export function readNodeHealth(store: Store, name: string, filter: Filter, rights: Rights): Read {
  return { index: store.tables.checks, body: filtered(listed(checksOf(store, name), rights), filter) }
}

/** `/v1/health/checks/:service` */
export function readServiceChecks(store: Store, service: string, filter: Filter, rights: Rights): Read {
  const found = allChecks(store).filter(({ serviceName }) => serviceName === service)
  return { index: store.tables.checks, body: filtered(listed(found, rights), filter) }
}

/** `/v1/health/state/:state` */
export function readChecksInState(store: Store, state: string, filter: Filter, rights: Rights): Read {
  const found = allChecks(store).filter(({ status }) => state === 'any' || status === state)
  return { index: store.tables.checks, body: filtered(listed(found, rights), filter) }
}

type HealthFilter = { readonly passing?: boolean; readonly tag?: string | undefined }

/** `/v1/health/service/:service`: each instance with the checks of its node, and then its own. */
export function readServiceHealth(store: Store, service: string, filter: HealthFilter, rights: Rights): Read {
  const found: unknown[] = []
  for (const [node, members] of Map.groupBy(visibleInstances(store, service, rights), (one) => one.node)) {
    const checks = Map.groupBy(checksOf(store, node.name), ({ serviceId }) => serviceId)
    for (const { instance } of members) {
      const own = [...(checks.get('') ?? []), ...(checks.get(instance.id) ?? [])]
      if (filter.passing === true && own.some(({ status }) => status !== 'passing')) continue
      if (filter.tag !== undefined && !(instance.tags ?? []).includes(filter.tag)) continue
      const Checks = own.map((check) => checkJson(check, true))
      found.push({ Node: nodeJson(node), Service: serviceJson(instance, true), Checks })
    }
  }
  return { index: serviceIndex(store, service, true), body: found }
}

/** `/v1/catalog/service/:service` */
export function readServiceInstances(store: Store, service: string, rights: Rights): Read {
  const found = visibleInstances(store, service, rights).map(({ node, instance }) => ({
    ...{ ID: '', Node: node.name, Address: node.address, Datacenter: 'dc1', TaggedAddresses: null },
    NodeMeta: node.meta === null ? null : { ...node.meta },
    ...{ ServiceKind: '', ServiceID: instance.id, ServiceName: instance.service },
    ServiceTags: [...(instance.tags ?? [])],
    ServiceAddress: instance.address,
    ServiceWeights: { ...instance.weights },
    ServiceMeta: { ...instance.meta },
    ServicePort: instance.port,
    ServiceEnableTagOverride: false,
    ServiceProxy: { MeshGateway: {}, Expose: {} },
    ServiceConnect: {},
    CreateIndex: instance.createIndex,
    ModifyIndex: instance.modifyIndex,
  }))
  return { index: serviceIndex(store, service, false), body: found }
}

/** `/v1/catalog/services`: the tags of each service, sorted by nothing that a caller may rely on. */
export function readServices(store: Store, rights: Rights): Read {
  const tags = new Map<string, Set<string>>()
  for (const name of mayRead(rights, 'services') ? store.services.keys() : []) {
    for (const { service, tags: own } of servicesOf(store, name)) {
      const known = tags.get(service) ?? new Set()
      for (const tag of own ?? []) known.add(tag)
      tags.set(service, known)
    }
  }
  const sorted = [...tags].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    index: store.tables.services,
    body: Object.fromEntries(sorted.map(([name, own]) => [name, [...own].sort()])),
  }
}

type NodeFilter = { readonly meta: string | undefined; readonly filter: Filter }

/** `/v1/catalog/nodes`, all or those with a pair of meta (`key:value`). */
export function readNodes(store: Store, { meta, filter }: NodeFilter, rights: Rights): Read {
  const colon = meta?.indexOf(':') ?? -1
  const [key, value] = [meta?.slice(0, colon), meta?.slice(colon + 1)]
  const all = mayRead(rights, 'nodes') ? sorted(store.nodes) : []
  const found = all.filter((node) => key === undefined || node.meta?.[key] === value)
  return { index: store.tables.nodes, body: filtered(found.map(nodeJson), filter) }
}

function visibleInstances(store: Store, service: string, rights: Rights) {
  if (!mayRead(rights, 'services') || !mayRead(rights, 'nodes')) return []
  const found: { readonly node: NodeRecord; readonly instance: ServiceRecord }[] = []
  for (const node of sorted(store.nodes)) {
    for (const instance of servicesOf(store, node.name)) {
      if (instance.service === service) found.push({ node, instance })
    }
  }
  return found
}

function serviceIndex(store: Store, service: string, withChecks: boolean): number {
  const own = store.serviceIndexes.get(service)
  const { nodes, services, checks, lastGone } = store.tables
  if (own !== undefined) return own
  return lastGone > 0 ? lastGone : Math.max(nodes, services, withChecks ? checks : 0)
}

function servicesOf(store: Store, node: string): readonly ServiceRecord[] {
  return sorted(store.services.get(node) ?? new Map<string, ServiceRecord>())
}

function checksOf(store: Store, node: string): readonly CheckRecord[] {
  return sorted(store.checks.get(node) ?? new Map<string, CheckRecord>())
}

function allChecks(store: Store): readonly CheckRecord[] {
  return [...store.checks.keys()].sort().flatMap((node) => checksOf(store, node))
}

function listed(checks: readonly CheckRecord[], rights: Rights): readonly Record<string, unknown>[] {
  const seen = mayRead(rights, 'nodes')
    ? checks.filter(({ serviceId }) => serviceId === '' || mayRead(rights, 'services'))
    : []
  return seen.map((check) => checkJson(check, true))
}

function sorted<Value>(map: ReadonlyMap<string, Value>): readonly Value[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
}
