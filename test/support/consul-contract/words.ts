import type { ConsulRequest } from '../../../adapters/consul/client.ts'
import type { Step } from './transcript.ts'

/** Requests in few words, for tables of them. */
export type Op = Readonly<Record<string, unknown>>

export const node = 'contract-node'
export const folder = 'contract/'

export function kv(verb: string, key: string, more: Op = {}): Op {
  return { KV: { Verb: verb, Key: key === '' ? '' : folder + key, ...more } }
}

export function service(verb: string, id: string, more: Op = {}, on = node): Op {
  return { Service: { Verb: verb, Node: on, Service: { ID: id, Service: 'contract', ...more } } }
}

export function check(verb: string, id: string, more: Op = {}): Op {
  return { Check: { Verb: verb, Check: { Node: node, CheckID: id, Name: 'a check', ...more } } }
}

export function nodeOp(verb: string, name: string, more: Op = {}): Op {
  return { Node: { Verb: verb, Node: { Node: name, Address: '192.0.2.1', ...more } } }
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

export function txn(...ops: readonly Op[]): Step {
  return () => ({ method: 'PUT', path: '/v1/txn', body: ops })
}

export function put(path: string, body: unknown, query: ConsulRequest['query'] = {}): Step {
  return () => ({ method: 'PUT', path, body, query })
}

export function get(path: string, query: ConsulRequest['query'] = {}): Step {
  return () => ({ method: 'GET', path, query })
}

export const register = (body: Op): Step => put('/v1/catalog/register', { Node: node, ...body })
export const deregister = (body: Op): Step => put('/v1/catalog/deregister', { Node: node, ...body })

const address = { Address: '192.0.2.1' }

/** A fresh start on the shared Consul: nothing below our folder, and our node without services. */
export const cleanUp: readonly Step[] = [
  txn({ KV: { Verb: 'delete-tree', Key: folder } }),
  put('/v1/catalog/deregister', { Node: node }),
  put('/v1/catalog/deregister', { Node: `${node}-2` }),
  put('/v1/catalog/register', { Node: node, ...address }),
]

/** Everything that the steps may have changed. */
export const everything: readonly ConsulRequest[] = [
  { method: 'GET', path: `/v1/kv/${folder}`, query: { recurse: true } },
  ...[node, `${node}-2`].flatMap((name): ConsulRequest[] => [
    { method: 'GET', path: `/v1/catalog/node/${name}` },
    { method: 'GET', path: `/v1/health/node/${name}` },
  ]),
  ...['contract', 'contract-2', 'contract-never'].flatMap((name): ConsulRequest[] => [
    { method: 'GET', path: `/v1/health/service/${name}` },
    { method: 'GET', path: `/v1/health/service/${name}`, query: { passing: true } },
    { method: 'GET', path: `/v1/health/checks/${name}` },
    { method: 'GET', path: `/v1/catalog/service/${name}` },
  ]),
  { method: 'GET', path: '/v1/catalog/nodes', query: { 'node-meta': 'who:contract' } },
  { method: 'GET', path: '/v1/catalog/nodes', query: { filter: `Node == "${node}"` } },
  { method: 'GET', path: `/v1/health/node/${node}`, query: { filter: 'ServiceID == ""' } },
  { method: 'GET', path: '/v1/health/checks/contract', query: { filter: 'CheckID == "c1"' } },
  { method: 'GET', path: '/v1/health/state/critical', query: { filter: 'Output == "o"' } },
  { method: 'GET', path: `/v1/kv/${folder}`, query: { keys: true } },
  { method: 'GET', path: `/v1/kv/${folder}`, query: { keys: true, separator: '/' } },
]
