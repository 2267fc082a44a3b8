import { type Fields, text, whole } from './fields.ts'
import { deleteKey, deleteKeyIf, keysBelow, kvJson, setKey, setKeyIf } from './kv.ts'
import { mayWrite, type Rights } from './rights.ts'
import type { Writing } from './state.ts'
import type { Op, Result } from './txn-op.ts'

const kvWrites = new Set(['set', 'cas', 'delete', 'delete-cas', 'delete-tree'])

export function kvOp(fields: Fields, rights: Rights): Op {
  const verb = text(fields, 'Verb')
  const key = text(fields, 'Key')
  const writes = kvWrites.has(verb)
  const denied = writes && !mayWrite(rights, 'keys')
  const missing = key === '' && verb !== 'delete-tree'
  const refusal = missing ? 'Must provide key' : denied ? 'Permission denied' : null
  const index = whole(fields, 'Index')
  const entry = { key, value: text(fields, 'Value') || null, flags: whole(fields, 'Flags') }
  return { kind: 'KV', writes, refusal, run: (write) => runKv(write, verb, entry, index) }
}

function runKv(
  write: Writing,
  verb: string,
  entry: Parameters<typeof setKey>[1],
  index: number,
): readonly Result[] | string {
  const { key } = entry
  const found = write.store.kv.get(key)
  switch (verb) {
    case 'set':
      return [{ KV: kvJson(setKey(write, entry), false) }]
    case 'cas': {
      const done = setKeyIf(write, entry, index)
      return done === null ? `failed to set key "${key}", index is stale` : [{ KV: kvJson(done, false) }]
    }
    case 'delete':
      deleteKey(write, key)
      return []
    case 'delete-cas':
      return deleteKeyIf(write, key, index) ? [] : `failed to delete key "${key}", index is stale`
    case 'delete-tree':
      for (const record of keysBelow(write.store, key)) deleteKey(write, record.key)
      return []
    case 'get':
      return found === undefined ? `key "${key}" doesn't exist` : [{ KV: kvJson(found) }]
    case 'get-tree':
      return keysBelow(write.store, key).map((record) => ({ KV: kvJson(record) }))
    case 'check-not-exists':
      return found === undefined ? [] : `key "${key}" exists`
    case 'check-index': {
      if (found === undefined) return `failed to check index, key "${key}" doesn't exist`
      const same = found.modifyIndex === index
      const words = `failed index check for key "${key}", current modify index ${found.modifyIndex} != ${index}`
      return same ? [{ KV: kvJson(found, false) }] : words
    }
    default:
      return `unknown KV verb "${verb}"`
  }
}
