import type { Rights } from '../memory-consul/rights.ts'
import type { Step } from './transcript.ts'
import { check, deregister, folder, get, kv, node, nodeOp, put, register, service, txn } from './words.ts'

/** What a token is allowed, in the words of a policy; null is a token that Consul doesn't know. */
export const tokens: Readonly<Record<string, { readonly policy: string | null; readonly rights: Rights }>> = {
  'unknown to Consul': { policy: null, rights: 'unknown' },
  'without any right': {
    policy: 'key "nowhere" { policy = "read" }',
    rights: { keys: 'none', services: 'none', nodes: 'none' },
  },
  'that may only read': {
    policy: `key_prefix "" { policy = "read" } ${catalogRule('read')}`,
    rights: { keys: 'read', services: 'read', nodes: 'read' },
  },
  'without rights to keys': {
    policy: catalogRule('write'),
    rights: { keys: 'none', services: 'write', nodes: 'write' },
  },
  'with rights to keys only': {
    policy: 'key_prefix "" { policy = "write" }',
    rights: { keys: 'write', services: 'none', nodes: 'none' },
  },
}

function catalogRule(right: string): string {
  return `node_prefix "" { policy = "${right}" } service_prefix "" { policy = "${right}" }`
}

/** Run with all rights before those of the token are tried. */
export const prepared: readonly Step[] = [
  txn(kv('set', 'a'), kv('set', 'b/c'), service('set', 's'), check('set', 'c', { ServiceID: 's' })),
  txn(check('set', 'of-node')),
]

export const deniedSteps: readonly Step[] = [
  get(`/v1/kv/${folder}a`),
  get(`/v1/kv/${folder}nope`),
  get(`/v1/kv/${folder}`, { recurse: true }),
  get(`/v1/kv/${folder}`, { keys: true }),
  put(`/v1/kv/${folder}a`, 'x', { cas: '0' }),
  () => ({ method: 'DELETE', path: `/v1/kv/${folder}a`, query: { cas: '0' } }),
  txn(kv('get-tree', 'a'), kv('get-tree', 'b')),
  txn(kv('get', 'a')),
  txn(kv('get-tree', '')),
  txn(
    kv('set', 'a'),
    kv('cas', 'b', { Index: 7 }),
    kv('get-tree', 'b'),
    service('set', 's'),
    service('delete', 's'),
    service('delete', 's', { Service: '' }),
    check('set', 'c', { ServiceID: 's', ServiceName: 'contract' }),
    check('set', 'c9'),
    nodeOp('set', node),
    nodeOp('get', 'nowhere'),
    check('get', 'c'),
    service('get', 's'),
  ),
  txn(nodeOp('get', node), check('get', 'c'), service('get', 's')),
  txn(check('set', 'c', { ServiceID: 'nope', ServiceName: 'contract' })),
  register({ Address: '192.0.2.1' }),
  put('/v1/catalog/register', { Node: `${node}-2`, Address: '192.0.2.1' }),
  register({ SkipNodeUpdate: true, Service: { ID: 's', Service: 'contract' } }),
  register({ SkipNodeUpdate: true, Check: { CheckID: 'c', Name: 'a check', ServiceID: 's' } }),
  deregister({ CheckID: 'of-node' }),
  deregister({ ServiceID: 's' }),
  deregister({}),
]
