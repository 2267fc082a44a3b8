import type { KvRecord, Store, Writing } from './state.ts'

export type KvWrite = { readonly key: string; readonly value: string | null; readonly flags: number }

/** Writes a key. The same value and flags again change nothing, not even the index. */
export function setKey(write: Writing, { key, value, flags }: KvWrite): KvRecord {
  const { store, index } = write
  const before = store.kv.get(key)
  if (before !== undefined && before.value === value && before.flags === flags) return before
  const record = { key, value, flags, createIndex: before?.createIndex ?? index, modifyIndex: index }
  write.put(store.kv, key, record)
  store.tables.kvs = index
  return record
}

/** Null if the key's index is another; 0 means that the key must not be there. */
export function setKeyIf(write: Writing, entry: KvWrite, index: number): KvRecord | null {
  return (write.store.kv.get(entry.key)?.modifyIndex ?? 0) === index ? setKey(write, entry) : null
}

export function deleteKey(write: Writing, key: string): void {
  const { store, index } = write
  if (!store.kv.has(key)) return
  write.drop(store.kv, key)
  write.put(store.graves, key, index)
  store.tables.kvs = index
}

/** A key that isn't there counts as deleted, whatever index was named. */
export function deleteKeyIf(write: Writing, key: string, index: number): boolean {
  const before = write.store.kv.get(key)
  if (before !== undefined && before.modifyIndex !== index) return false
  deleteKey(write, key)
  return true
}

/** All keys that begin so, in order. */
export function keysBelow(store: Store, prefix: string): readonly KvRecord[] {
  const found: KvRecord[] = []
  for (const record of store.kv.values()) if (record.key.startsWith(prefix)) found.push(record)
  return found.length < 2 ? found : found.sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** The index of a read below a prefix; deletions count. */
export function indexBelow(store: Store, prefix: string): number {
  let index = 0
  for (const { key, modifyIndex } of store.kv.values()) {
    if (modifyIndex > index && key.startsWith(prefix)) index = modifyIndex
  }
  for (const [key, gone] of store.graves) if (gone > index && key.startsWith(prefix)) index = gone
  return index === 0 ? store.tables.kvs : index
}

/** As the HTTP API states it; `withValue` is false for the results of writes. */
export function kvJson(record: KvRecord, withValue = true): Record<string, unknown> {
  return {
    LockIndex: 0,
    Key: record.key,
    Flags: record.flags,
    Value: withValue ? record.value : null,
    CreateIndex: record.createIndex,
    ModifyIndex: record.modifyIndex,
  }
}
