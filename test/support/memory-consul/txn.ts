import {
  deleteCheck,
  deleteNode,
  deleteService,
  missingNode,
  type Problem,
  setCheck,
  setNode,
  setService,
} from './catalog.ts'
import { BodyError, type Fields, objectOf, text, whole } from './fields.ts'
import { deleteKey, deleteKeyIf, keysBelow, kvJson, setKey, setKeyIf } from './kv.ts'
import { checkJson, checkOf, nodeJson, nodeOf, serviceJson, serviceOf } from './records.ts'
import { mayRead, mayWrite, type Rights } from './rights.ts'
import { beginWrite, type Store, type Writing } from './state.ts'

type Result = Record<string, unknown>
type TxnAnswer = { readonly status: 200 | 409; readonly body: unknown }
type Kind = 'KV' | 'Service' | 'Check' | 'Node'

/** One operation, understood. `run` gives results, or Consul's words for why it failed. */
type Op = {
  readonly writes: boolean
  readonly kind: Kind
  /** What is refused before anything runs. */
  readonly refusal: Problem
  readonly run: (write: Writing) => readonly Result[] | string
}

/** All operations or none. Each one runs and every failing one is named, unless one was refused before. */
export function runTxn(store: Store, body: unknown, rights: Rights): TxnAnswer {
  if (!Array.isArray(body)) throw new BodyError('Failed to parse body: json: cannot unmarshal object')
  const ops = body.map((op) => parseOp(objectOf(op), rights))
  const readOnly = !ops.some(({ writes }) => writes)
  const refused = ops.flatMap(({ refusal }, index) => (refusal === null ? [] : [errorOf(index, refusal)]))
  if (refused.length > 0) return conflict(refused, readOnly)
  const write = beginWrite(store)
  if (readOnly) store.index -= 1
  const results: Result[] = []
  const errors: Result[] = []
  ops.forEach(({ run, kind }, index) => {
    const result = run(write)
    if (typeof result === 'string') errors.push(errorOf(index, result))
    else if (mayRead(rights, rightOf[kind])) results.push(...result)
  })
  if (errors.length === 0) return { status: 200, body: bodyOf(results, null, readOnly) }
  write.undo()
  return conflict(errors, readOnly)
}

const rightOf = { KV: 'keys', Service: 'services', Check: 'services', Node: 'nodes' } as const

function errorOf(index: number, words: string): Result {
  return { OpIndex: index, What: words }
}

function conflict(errors: readonly Result[], readOnly: boolean): TxnAnswer {
  return { status: 409, body: bodyOf(null, errors, readOnly) }
}

function bodyOf(results: readonly Result[] | null, errors: readonly Result[] | null, readOnly: boolean) {
  const meta = { Index: 0, LastContact: 0, KnownLeader: true, ConsistencyLevel: '' }
  return { Results: results, Errors: errors, ...(readOnly ? meta : {}) }
}

function parseOp(op: Fields, rights: Rights): Op {
  if (op.KV !== undefined && op.KV !== null) return kvOp(objectOf(op.KV), rights)
  if (op.Node !== undefined && op.Node !== null) return nodeOp(objectOf(op.Node), rights)
  if (op.Service !== undefined && op.Service !== null) return serviceOp(objectOf(op.Service), rights)
  if (op.Check !== undefined && op.Check !== null) return checkOp(objectOf(op.Check), rights)
  throw new BodyError('This Consul knows the operations KV, Node, Service and Check only')
}

const kvWrites = new Set(['set', 'cas', 'delete', 'delete-cas', 'delete-tree'])

function kvOp(fields: Fields, rights: Rights): Op {
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

function nodeOp(fields: Fields, rights: Rights): Op {
  const verb = text(fields, 'Verb')
  const given = objectOf(fields.Node)
  if (text(given, 'ID') !== '') throw new Error('This Consul does not know ids of nodes')
  const node = nodeOf(given, 'Meta')
  const index = whole(given, 'ModifyIndex')
  const writes = verb !== 'get'
  const refusal = !writes
    ? null
    : node.name === ''
      ? 'Must provide node'
      : mayWrite(rights, 'nodes')
        ? null
        : 'Permission denied'
  return { kind: 'Node', writes, refusal, run: (write) => runNode(write, verb, node, index) }
}

function runNode(
  write: Writing,
  verb: string,
  node: ReturnType<typeof nodeOf>,
  index: number,
): readonly Result[] | string {
  const before = write.store.nodes.get(node.name)
  const results = () => {
    const now = write.store.nodes.get(node.name)
    return now === undefined ? [] : [{ Node: nodeJson(now) }]
  }
  switch (verb) {
    case 'get':
      return before === undefined ? `node "${node.name}" doesn't exist` : results()
    case 'cas':
    case 'set':
      if (verb === 'cas' && (before?.modifyIndex ?? 0) !== index)
        return `failed to set node "${node.name}", index is stale`
      setNode(write, node)
      return results()
    case 'delete':
    case 'delete-cas':
      if (verb === 'delete-cas' && before?.modifyIndex !== index)
        return `failed to delete node "${node.name}", index is stale`
      deleteNode(write, node.name)
      return []
    default:
      return `unknown Node verb "${verb}"`
  }
}

function serviceOp(fields: Fields, rights: Rights): Op {
  const verb = text(fields, 'Verb')
  const node = text(fields, 'Node')
  const given = objectOf(fields.Service)
  const writes = verb !== 'get'
  // A read isn't looked through beforehand, which is what gives a service its id.
  const service = writes ? serviceOf(given) : { ...serviceOf(given), id: text(given, 'ID') }
  const index = whole(given, 'ModifyIndex')
  const refusal = writes ? refusalOf(service, rights) : null
  return { kind: 'Service', writes, refusal, run: (write) => runService(write, verb, node, service, index) }
}

/** Whether a service may be written at all. */
export function refusalOf(service: ReturnType<typeof serviceOf>, rights: Rights): Problem {
  if (service.id !== '' && service.service === '') return 'Must provide service name with ID'
  if (service.address === '0.0.0.0' || service.address === '::') return 'Invalid service address'
  return mayWrite(rights, 'services') ? null : 'Permission denied'
}

function runService(
  write: Writing,
  verb: string,
  node: string,
  service: ReturnType<typeof serviceOf>,
  index: number,
): readonly Result[] | string {
  const { id } = service
  const before = write.store.services.get(node)?.get(id)
  switch (verb) {
    case 'get':
      return before === undefined
        ? `service "${id}" on node "${node}" doesn't exist`
        : [{ Service: serviceJson(before) }]
    case 'cas':
    case 'set': {
      if (verb === 'cas' && (before?.modifyIndex ?? 0) !== index)
        return `failed to set service "${id}" on node "${node}", index is stale`
      const problem = setService(write, node, service)
      if (problem !== null) return problem
      const now = write.store.services.get(node)?.get(id)
      return now === undefined ? [] : [{ Service: serviceJson(now) }]
    }
    case 'delete':
    case 'delete-cas':
      if (verb === 'delete-cas' && before?.modifyIndex !== index)
        return `failed to delete service "${id}" on node "${node}", index is stale`
      deleteService(write, node, id)
      return []
    default:
      return `unknown Service verb "${verb}"`
  }
}

function checkOp(fields: Fields, rights: Rights): Op {
  const verb = text(fields, 'Verb')
  const given = objectOf(fields.Check)
  const writes = verb !== 'get'
  const check = writes ? checkOf(given) : { ...checkOf(given), checkId: text(given, 'CheckID') }
  const index = whole(given, 'ModifyIndex')
  const allowed = mayWrite(rights, check.serviceId === '' ? 'nodes' : 'services')
  const refusal = writes && !allowed ? 'Permission denied' : null
  return { kind: 'Check', writes, refusal, run: (write) => runCheck(write, verb, check, index) }
}

function runCheck(
  write: Writing,
  verb: string,
  check: ReturnType<typeof checkOf>,
  index: number,
): readonly Result[] | string {
  const { node, checkId } = check
  const before = write.store.checks.get(node)?.get(checkId)
  const results = () => {
    const now = write.store.checks.get(node)?.get(checkId)
    return now === undefined ? [] : [{ Check: checkJson(now) }]
  }
  switch (verb) {
    case 'get':
      return before === undefined ? `check "${checkId}" on node "${node}" doesn't exist` : results()
    case 'set': {
      const problem = setCheck(write, check)
      return problem === null ? results() : problem
    }
    case 'cas':
      if ((before?.modifyIndex ?? 0) !== index)
        return `failed to set check "${checkId}" on node "${node}", index is stale`
      // Consul forgets why this failed: a check without its node or service is answered as if it were written.
      setCheck(write, check)
      return results()
    case 'delete':
    case 'delete-cas':
      if (verb === 'delete-cas' && before?.modifyIndex !== index)
        return `failed to delete check "${checkId}" on node "${node}", index is stale`
      deleteCheck(write, node, checkId)
      return []
    default:
      return `unknown Check verb "${verb}"`
  }
}

export { missingNode }
