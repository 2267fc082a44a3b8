import { metaProblem } from './meta.ts'
import type { CheckRecord, NodeRecord, ServiceRecord, Store, Writing } from './state.ts'

const missingNode = 'Missing node registration'
export const missingService = 'Missing service registration'
const unindexed = 'object missing primary index'

/** Consul's words for what is wrong, or null where it was done. */
export type Problem = string | null

type Fresh<Record> = Omit<Record, 'createIndex' | 'modifyIndex'>

export function setNode(write: Writing, fresh: Fresh<NodeRecord>): void {
  const { store, index } = write
  const before = store.nodes.get(fresh.name)
  if (before !== undefined && before.address === fresh.address && sameJson(before.meta, fresh.meta)) return
  write.put(store.nodes, fresh.name, { ...fresh, ...indexes(before, index) })
  store.tables.nodes = index
  touchAll(write, fresh.name)
}

/** A service that is set again as it is keeps its index. */
export function setService(write: Writing, node: string, fresh: Fresh<ServiceRecord>): Problem {
  const { store, index } = write
  const bad = metaProblem(fresh.meta)
  if (bad !== null) return `Invalid Service Meta for node ${node} and serviceID ${fresh.id}: ${bad}`
  if (!store.nodes.has(node)) return missingNode
  const members = membersOf(write, store.services, node)
  const before = members.get(fresh.id)
  if (before !== undefined && sameService(before, fresh)) return null
  if (fresh.id === '') return `failed inserting service: ${unindexed}`
  write.put(members, fresh.id, { ...fresh, ...indexes(before, index) })
  store.tables.services = index
  touch(write, fresh.service)
  if (before !== undefined && before.service !== fresh.service) forgetUnused(write, before.service)
  return null
}

/** Takes name and tags of the service along; the same check again keeps its index. */
export function setCheck(
  write: Writing,
  asked: Omit<Fresh<CheckRecord>, 'serviceName' | 'serviceTags'> & { readonly serviceName: string },
): Problem {
  const { store, index } = write
  if (!store.nodes.has(asked.node)) return missingNode
  const service = store.services.get(asked.node)?.get(asked.serviceId)
  if (asked.serviceId !== '' && service === undefined) return missingService
  const fresh = {
    ...asked,
    status: asked.status === '' ? 'critical' : asked.status,
    serviceName: service?.service ?? asked.serviceName,
    serviceTags: service?.tags ?? null,
  }
  const members = membersOf(write, store.checks, asked.node)
  const before = members.get(asked.checkId)
  if (before !== undefined && sameCheck(before, fresh)) {
    // The type doesn't count as a change, but it is kept.
    const { createIndex, modifyIndex } = before
    if (before.type !== fresh.type) write.put(members, asked.checkId, { ...fresh, createIndex, modifyIndex })
    return null
  }
  if (asked.checkId === '') return `failed inserting check: ${unindexed}`
  write.put(members, asked.checkId, { ...fresh, ...indexes(before, index) })
  store.tables.checks = index
  touchOf(write, fresh)
  return null
}

export function deleteNode(write: Writing, name: string): void {
  const { store, index } = write
  if (!store.nodes.has(name)) return
  for (const id of [...(store.services.get(name)?.keys() ?? [])]) deleteService(write, name, id)
  for (const id of [...(store.checks.get(name)?.keys() ?? [])]) deleteCheck(write, name, id)
  write.drop(store.nodes, name)
  store.tables.nodes = index
}

/** Its checks go with it. One that isn't there is no error. */
export function deleteService(write: Writing, node: string, id: string): void {
  const { store, index } = write
  const members = store.services.get(node)
  const before = members?.get(id)
  if (members === undefined || before === undefined) return
  for (const check of [...(store.checks.get(node)?.values() ?? [])]) {
    if (check.serviceId === id) deleteCheck(write, node, check.checkId)
  }
  write.drop(members, id)
  store.tables.services = index
  // Even where it had no checks.
  store.tables.checks = index
  touch(write, before.service)
  forgetUnused(write, before.service)
}

export function deleteCheck(write: Writing, node: string, id: string): void {
  const { store, index } = write
  const members = store.checks.get(node)
  const before = members?.get(id)
  if (members === undefined || before === undefined) return
  write.drop(members, id)
  store.tables.checks = index
  touchOf(write, before)
}

function indexes(before: { readonly createIndex: number } | undefined, index: number) {
  return { createIndex: before?.createIndex ?? index, modifyIndex: index }
}

function membersOf<Value>(
  write: Writing,
  map: Map<string, Map<string, Value>>,
  node: string,
): Map<string, Value> {
  const known = map.get(node)
  if (known !== undefined) return known
  const fresh = new Map<string, Value>()
  write.put(map, node, fresh)
  return fresh
}

function touch(write: Writing, service: string): void {
  write.put(write.store.serviceIndexes, service, write.index)
}

/** A check of the node changes the health of every service there. */
function touchOf(write: Writing, check: { readonly node: string; readonly serviceId: string }): void {
  const service = write.store.services.get(check.node)?.get(check.serviceId)
  if (service !== undefined) touch(write, service.service)
  else if (check.serviceId === '') touchAll(write, check.node)
}

function touchAll(write: Writing, node: string): void {
  for (const { service } of write.store.services.get(node)?.values() ?? []) touch(write, service)
}

function forgetUnused(write: Writing, service: string): void {
  if (isUsed(write.store, service)) return
  write.drop(write.store.serviceIndexes, service)
  write.store.tables.lastGone = write.index
}

function isUsed(store: Store, service: string): boolean {
  for (const members of store.services.values()) {
    for (const one of members.values()) if (one.service === service) return true
  }
  return false
}

function sameService(a: Fresh<ServiceRecord>, b: Fresh<ServiceRecord>): boolean {
  return (
    a.service === b.service &&
    a.address === b.address &&
    a.port === b.port &&
    a.weights.Passing === b.weights.Passing &&
    a.weights.Warning === b.weights.Warning &&
    sameJson(a.tags, b.tags) &&
    sameJson(a.meta, b.meta)
  )
}

function sameCheck(a: Fresh<CheckRecord>, b: Fresh<CheckRecord>): boolean {
  return (
    a.status === b.status &&
    a.output === b.output &&
    a.name === b.name &&
    a.notes === b.notes &&
    a.serviceId === b.serviceId &&
    a.serviceName === b.serviceName &&
    sameJson(a.serviceTags, b.serviceTags) &&
    sameJson(a.definition, b.definition)
  )
}

/** Whether two plain values are the same; the order of an object's keys doesn't count. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(
    (key) => key in b && sameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  )
}
