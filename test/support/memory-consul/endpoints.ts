import type { ConsulRequest } from '../../../adapters/consul/client.ts'
import { BodyError, objectOf } from './fields.ts'
import { deleteKey, deleteKeyIf, indexBelow, keysBelow, kvJson, setKey, setKeyIf } from './kv.ts'
import {
  type Read,
  readChecksInState,
  readNode,
  readNodeHealth,
  readNodes,
  readServiceChecks,
  readServiceHealth,
  readServiceInstances,
  readServices,
} from './read.ts'
import { deregister, Refusal, register } from './register.ts'
import { mayRead, mayWrite, type Rights } from './rights.ts'
import { beginWrite, type Store } from './state.ts'
import { runTxn } from './txn.ts'

export type MemoryAnswer = { readonly status: number; readonly index: number | null; readonly body: unknown }

const mostOps = 64
const largestBody = 512 * 1024

/** Answers as the server does; a refusal is an answer too, with Consul's words as the body. */
export function answerRequest(store: Store, request: ConsulRequest, rights: Rights): MemoryAnswer {
  if (rights === 'unknown') return { status: 403, index: null, body: 'ACL not found' }
  try {
    if (request.method === 'GET') return answerRead(store, request, rights)
    if (request.path.startsWith('/v1/kv/')) return writeKey(store, request, rights)
    return { index: null, ...answerWrite(store, request, rights) }
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, index: null, body: error.message }
    if (error instanceof BodyError) return { status: 400, index: null, body: error.message }
    throw error
  }
}

function answerWrite(
  store: Store,
  { method, path, body }: ConsulRequest,
  rights: Rights,
): { readonly status: number; readonly body: unknown } {
  if (method === 'PUT' && path === '/v1/txn') return answerTxn(store, body, rights)
  if (method === 'PUT' && path === '/v1/catalog/register')
    return { status: 200, body: register(store, objectOf(body), rights) }
  if (method === 'PUT' && path === '/v1/catalog/deregister')
    return { status: 200, body: deregister(store, objectOf(body), rights) }
  throw unknown(method, path)
}

function answerTxn(store: Store, body: unknown, rights: Rights) {
  const size = sizeOf(body)
  if (size > largestBody) {
    const link = 'https://www.consul.io/docs/agent/options.html#txn_max_req_len'
    const words = `Request body(${size} bytes) too large, max size: ${largestBody} bytes. See ${link}.`
    return { status: 413, body: words }
  }
  if (Array.isArray(body) && body.length > mostOps)
    return { status: 413, body: `Transaction contains too many operations (${body.length} > ${mostOps})` }
  return runTxn(store, body, rights)
}

/** Exact only where it is near the limit: writing out every body as JSON would be most of the work. */
function sizeOf(body: unknown): number {
  return roughSize(body) < largestBody / 8 ? 0 : Buffer.byteLength(JSON.stringify(body))
}

function roughSize(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  let size = 8
  for (const [name, member] of Object.entries(value)) size += name.length + 4 + roughSize(member)
  return size
}

const understood = new Set(['dc', 'consistent', 'stale', 'filter', 'node-meta', 'passing', 'tag'])

function answerRead(store: Store, request: ConsulRequest, rights: Rights): MemoryAnswer {
  const { path, query = {} } = request
  if (path.startsWith('/v1/kv/')) return readKeys(store, request, rights)
  refuseUnknown(request, understood)
  const [, , area, kind, encoded = ''] = path.split('/')
  const name = decodeURIComponent(encoded)
  const [filter, meta, tag] = [query.filter, query['node-meta'], query.tag].map(wordOf)
  const passing = query.passing !== undefined
  const reads: Readonly<Record<string, () => Read>> = {
    'catalog/nodes': () => readNodes(store, { meta, filter }, rights),
    'catalog/node': () => readNode(store, name, rights),
    'catalog/services': () => readServices(store, rights),
    'catalog/service': () => readServiceInstances(store, name, rights),
    'health/node': () => readNodeHealth(store, name, filter, rights),
    'health/service': () => readServiceHealth(store, name, { passing, tag }, rights),
    'health/checks': () => readServiceChecks(store, name, filter, rights),
    'health/state': () => readChecksInState(store, name, filter, rights),
  }
  const read = reads[`${area}/${kind}`]
  if (read === undefined) throw unknown('GET', path)
  if (filter !== undefined && !filterable.has(`${area}/${kind}`)) throw unknown('GET ?filter', path)
  return { status: 200, ...read() }
}

const filterable = new Set(['catalog/nodes', 'health/node', 'health/checks', 'health/state'])
const keyWords = new Set(['dc', 'consistent', 'stale', 'recurse', 'keys', 'separator', 'cas', 'flags'])

function wordOf(value: string | true | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function refuseUnknown({ method, path, query = {} }: ConsulRequest, known: ReadonlySet<string>): void {
  const strange = Object.keys(query).find((name) => query[name] !== undefined && !known.has(name))
  if (strange !== undefined) throw unknown(`${method} ?${strange}`, path)
}

function readKeys(store: Store, request: ConsulRequest, rights: Rights): MemoryAnswer {
  const { path, query = {} } = request
  const key = keyOf(path)
  refuseUnknown(request, keyWords)
  if (query.keys !== undefined) return listKeys(store, key, wordOf(query.separator), rights)
  if (query.recurse !== undefined) {
    const found = mayRead(rights, 'keys') ? keysBelow(store, key) : []
    const index = indexBelow(store, key)
    if (found.length === 0) return { status: 404, index, body: '' }
    return { status: 200, index, body: found.map((record) => kvJson(record)) }
  }
  if (key === '') return { status: 400, index: null, body: 'Missing key name' }
  if (!mayRead(rights, 'keys')) return { status: 403, index: null, body: 'Permission denied' }
  const found = store.kv.get(key)
  if (found === undefined) return { status: 404, index: store.tables.kvs, body: '' }
  return { status: 200, index: found.modifyIndex, body: [kvJson(found)] }
}

/** The names only; with a separator, what follows it in a name is left out. */
function listKeys(store: Store, prefix: string, separator: string | undefined, rights: Rights): MemoryAnswer {
  const found = mayRead(rights, 'keys') ? keysBelow(store, prefix) : []
  const names = found.map(({ key }) => {
    const end = separator === undefined ? -1 : key.indexOf(separator, prefix.length)
    return end < 0 ? key : key.slice(0, end + (separator ?? '').length)
  })
  const index = indexBelow(store, prefix)
  if (names.length === 0) return { status: 404, index, body: '' }
  return { status: 200, index, body: [...new Set(names)] }
}

function writeKey(store: Store, request: ConsulRequest, rights: Rights): MemoryAnswer {
  const { method, path, query = {} } = request
  const key = keyOf(path)
  refuseUnknown(request, keyWords)
  if (key === '') return { status: 400, index: null, body: 'Missing key name' }
  if (!mayWrite(rights, 'keys')) return { status: 403, index: null, body: 'Permission denied' }
  const write = beginWrite(store)
  const cas = typeof query.cas === 'string' ? Number(query.cas) : null
  if (method === 'DELETE') {
    const done = cas === null || deleteKeyIf(write, key, cas)
    if (cas === null) deleteKey(write, key)
    return { status: 200, index: null, body: done }
  }
  const value = textOf(request.body)
  const entry = { key, value: Buffer.from(value).toString('base64') || null, flags: Number(query.flags ?? 0) }
  const done = cas === null ? setKey(write, entry) : setKeyIf(write, entry, cas)
  return { status: 200, index: null, body: done !== null }
}

function textOf(body: unknown): string {
  if (body === undefined) return ''
  return typeof body === 'string' ? body : JSON.stringify(body)
}

function keyOf(path: string): string {
  return path.slice('/v1/kv/'.length).split('/').map(decodeURIComponent).join('/')
}

function unknown(method: string, path: string): Error {
  return new Error(`The Consul in memory does not know ${method} ${path}`)
}
