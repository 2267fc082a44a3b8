import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ConsulConfigInput, consulConfig, isAtLeast } from '../../../local/consul/consul-config.ts'

const input = (changes: Partial<ConsulConfigInput> = {}): ConsulConfigInput => ({
  version: '1.8.7',
  datacenter: 'dc1',
  nodeName: 'consul',
  dataDir: '/data',
  dev: true,
  ports: { https: 1, server: 2, serf: 3 },
  verifyClients: false,
  ...changes,
})
const certificate = { ca: '/ca', cert: '/cert', key: '/key' }

const versions: [string, string, boolean][] = [
  ['1.8.7', '1.8', true],
  ['1.8.7', '1.8.7', true],
  ['1.8.7', '1.12', false],
  ['1.12.0', '1.8', true],
  ['2.0.0', '1.14', true],
]
for (const [have, wanted, expected] of versions) {
  test(`${have} is ${expected ? '' : 'not '}at least ${wanted}`, () => {
    assert.equal(isAtLeast(have, wanted), expected)
  })
}

test('everything listens on loopback, and what has no port is off', () => {
  const config = consulConfig(input())
  assert.deepEqual([config.bind_addr, config.client_addr], ['127.0.0.1', '127.0.0.1'])
  assert.deepEqual(config.ports, {
    http: -1,
    https: 1,
    dns: -1,
    grpc: -1,
    server: 2,
    serf_lan: 3,
    serf_wan: -1,
  })
})

test('the gRPC port for TLS is switched off where it exists, and unknown before', () => {
  const grpc = (version: string) => (consulConfig(input({ version })).ports as { grpc_tls?: number }).grpc_tls
  assert.deepEqual([grpc('1.13.9'), grpc('1.14.0'), grpc('2.0.1')], [undefined, -1, -1])
})

test('TLS settings are in the words of the version', () => {
  const old = consulConfig(input({ certificate, verifyClients: true }))
  assert.deepEqual([old.ca_file, old.verify_incoming_https, old.tls], ['/ca', true, undefined])
  const { tls, ca_file } = consulConfig(input({ version: '1.12.0', certificate }))
  assert.equal(ca_file, undefined)
  assert.deepEqual((tls as { https: unknown }).https, { verify_incoming: false })
})

test('ACLs deny by default and are off without a token', () => {
  assert.equal(consulConfig(input()).acl, undefined)
  const acl = (version: string) =>
    consulConfig(input({ version, managementToken: 't' })).acl as { tokens: object }
  assert.deepEqual(acl('1.10.0').tokens, { master: 't', agent: 't' })
  assert.deepEqual(acl('1.11.0').tokens, { initial_management: 't', agent: 't' })
})

test('the UI is switched on in the words of the version', () => {
  assert.equal(consulConfig(input()).ui, true)
  const { ui, ui_config } = consulConfig(input({ version: '1.9.0' }))
  assert.deepEqual([ui, ui_config], [undefined, { enabled: true }])
})

test('only a server on disk bootstraps itself: in memory it does without being told', () => {
  assert.equal(consulConfig(input()).bootstrap, undefined)
  assert.equal(consulConfig(input({ dev: false })).bootstrap, true)
})
