/** A key as the store keeps it. Records are never changed, only replaced: a snapshot may share them. */
export type KvRecord = {
  readonly key: string
  /** Base64; null is empty. */
  readonly value: string | null
  readonly flags: number
  readonly createIndex: number
  readonly modifyIndex: number
}

export type ServiceRecord = {
  readonly id: string
  readonly service: string
  readonly address: string
  readonly port: number
  readonly tags: readonly string[] | null
  readonly meta: Readonly<Record<string, string>> | null
  readonly weights: { readonly Passing: number; readonly Warning: number }
  readonly createIndex: number
  readonly modifyIndex: number
}

export type CheckRecord = {
  readonly node: string
  readonly checkId: string
  readonly name: string
  readonly status: string
  readonly notes: string
  readonly output: string
  readonly serviceId: string
  readonly serviceName: string
  readonly serviceTags: readonly string[] | null
  /** Only registering states it; a transaction leaves it empty. */
  readonly type: string
  readonly definition: Readonly<Record<string, unknown>>
  readonly createIndex: number
  readonly modifyIndex: number
}

export type NodeRecord = {
  readonly name: string
  readonly address: string
  readonly meta: Readonly<Record<string, string>> | null
  readonly createIndex: number
  readonly modifyIndex: number
}

/** The highest index of each table; blocking queries would wait for these. */
type Tables = { kvs: number; nodes: number; services: number; checks: number; lastGone: number }

export type Store = {
  /** Of the last write that reached the store, failed ones included. */
  index: number
  readonly tables: Tables
  readonly kv: Map<string, KvRecord>
  /** Deleted keys, with the index of their deletion. */
  readonly graves: Map<string, number>
  readonly nodes: Map<string, NodeRecord>
  /** By node, then by id. */
  readonly services: Map<string, Map<string, ServiceRecord>>
  readonly checks: Map<string, Map<string, CheckRecord>>
  /** Index per service name, while an instance of it is there. */
  readonly serviceIndexes: Map<string, number>
}

export function emptyStore(): Store {
  return {
    index: 1,
    tables: { kvs: 0, nodes: 0, services: 0, checks: 0, lastGone: 0 },
    kv: new Map(),
    graves: new Map(),
    nodes: new Map(),
    services: new Map(),
    checks: new Map(),
    serviceIndexes: new Map(),
  }
}

/** Copies the maps and shares the records. */
export function copyStore(store: Store): Store {
  const inner = <Value>(map: Map<string, Map<string, Value>>) =>
    new Map([...map].map(([key, value]) => [key, new Map(value)]))
  return {
    index: store.index,
    tables: { ...store.tables },
    kv: new Map(store.kv),
    graves: new Map(store.graves),
    nodes: new Map(store.nodes),
    services: inner(store.services),
    checks: inner(store.checks),
    serviceIndexes: new Map(store.serviceIndexes),
  }
}

/** One write of the store: its index, and how to take back what it did so far. */
export type Writing = {
  readonly index: number
  readonly store: Store
  readonly put: <Value>(map: Map<string, Value>, key: string, value: Value) => void
  readonly drop: <Value>(map: Map<string, Value>, key: string) => void
  readonly undo: () => void
}

export function beginWrite(store: Store): Writing {
  const tables = { ...store.tables }
  const steps: (() => void)[] = []
  store.index += 1
  function remember<Value>(map: Map<string, Value>, key: string): void {
    const before = map.get(key)
    steps.push(before === undefined ? () => map.delete(key) : () => map.set(key, before))
  }
  return {
    index: store.index,
    store,
    put: (map, key, value) => {
      remember(map, key)
      map.set(key, value)
    },
    drop: (map, key) => {
      if (!map.has(key)) return
      remember(map, key)
      map.delete(key)
    },
    undo: () => {
      for (const step of steps.reverse()) step()
      Object.assign(store.tables, tables)
    },
  }
}
