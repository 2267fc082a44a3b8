import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createConsulClient } from '../../../adapters/consul/client.ts'
import { type DataWatchOptions, watchData } from '../../../adapters/consul/watch-data.ts'
import type { WatchClient } from '../../../adapters/consul/watch-read.ts'
import type { DataNeed } from '../../../core/catalog/data.ts'
import { startTestConsul } from '../../support/consul.ts'
import { eventually } from '../../support/eventually.ts'
import { consulAccess } from '../../support/publisher.ts'
import { startScripted } from '../../support/scripted-server.ts'
import { countingClient } from '../../support/watching.ts'

const need = (kind: DataNeed['kind'], path = '', datacenter = 'dc1'): DataNeed => ({ kind, path, datacenter })

function start(t: TestContext, client: WatchClient, over: Partial<DataWatchOptions> = {}) {
  const errors = new Map<string, unknown>()
  const watch = watchData({
    client,
    local: 'dc1',
    connections: null,
    remainingMs: () => 600_000,
    onChange: () => {},
    onFailure: (key, error) => errors.set(key, error),
    onRecovery: () => {},
    now: Date.now,
    random: () => 0.02,
    ...over,
  })
  t.after(() => watch.stop())
  return { ...watch, errors }
}

test('keys, prefixes and nodes are followed; that a key is absent is a fact', async (t) => {
  const consul = await startTestConsul(t)
  const { client } = countingClient(t, consul)
  const put = (key: string, body: string) => client.request({ method: 'PUT', path: `/v1/kv/${key}`, body })
  await put('app/a%20b', 'one')
  const { values, follow } = start(t, client)
  follow([
    need('key', 'app/a b'),
    need('key', 'app/none'),
    need('prefix', 'app/'),
    need('prefix', 'x/'),
    need('nodes'),
    need('node', 'consul'),
    need('node', 'none'),
  ])
  await eventually('all values', () => values.size === 7)
  const pair = (key: string, value: string) => ({ key, value, flags: 0 })
  assert.deepEqual(values.get('key app/a b@dc1'), { kind: 'key', pair: pair('app/a b', 'one') })
  assert.deepEqual(values.get('key app/none@dc1'), { kind: 'key', pair: null })
  assert.deepEqual(values.get('prefix x/@dc1'), { kind: 'prefix', pairs: [] })
  const nodes = values.get('nodes @dc1')
  assert.deepEqual(nodes?.kind === 'nodes' && nodes.nodes.map(({ node, address }) => [node, address]), [
    ['consul', '127.0.0.1'],
  ])
  const node = values.get('node consul@dc1')
  assert.deepEqual(node?.kind === 'node' && node.entries?.instances.map(({ service, id }) => [service, id]), [
    ['consul', 'consul'],
  ])
  assert.deepEqual(values.get('node none@dc1'), { kind: 'node', entries: null })

  await put('app/none', 'two')
  await eventually('the new key', () => {
    const value = values.get('key app/none@dc1')
    return value?.kind === 'key' && value.pair?.value === 'two'
  })
  await eventually('the prefix', () => {
    const value = values.get('prefix app/@dc1')
    return value?.kind === 'prefix' && value.pairs.length === 2
  })
  await client.request({ method: 'DELETE', path: '/v1/kv/app/none' })
  await eventually('its end', () => {
    const value = values.get('key app/none@dc1')
    return value?.kind === 'key' && value.pair === null
  })
  follow([need('nodes')])
  assert.deepEqual([...values.keys()], ['nodes @dc1'])
})

test('what a token may not read is a failure and not absent', async (t) => {
  const consul = await startTestConsul(t, { acl: true })
  const { client: root } = countingClient(t, consul)
  await root.request({ method: 'PUT', path: '/v1/kv/app/a', body: 'x' })
  const Rules = 'key_prefix "mine/" { policy = "read" }'
  await root.request({ method: 'PUT', path: '/v1/acl/policy', body: { Name: 'mine', Rules } })
  const { body } = await root.request({
    method: 'PUT',
    path: '/v1/acl/token',
    body: { Policies: [{ Name: 'mine' }] },
  })
  const token = (body as { SecretID: string }).SecretID
  const narrow = createConsulClient(async () => ({ ...consulAccess(consul), token }))
  t.after(() => narrow.close())
  const { values, failing, errors, follow } = start(t, narrow)
  const readable = [need('key', 'mine/a'), need('prefix', 'mine/')]
  follow([...readable, need('key', 'app/a'), need('prefix', 'app/'), need('prefix', 'none/'), need('nodes')])
  await eventually('all answers', () => values.size + failing.size === 6)
  assert.deepEqual([...values.keys()].sort(), ['key mine/a@dc1', 'prefix mine/@dc1'])
  const codes = [...errors.values()].map((error) => (error as { code: string }).code)
  assert.deepEqual(codes, Array(4).fill('CONSUL_DENIED'))
})

test('a failed read keeps what was read, and a 404 of something else than Consul is one', async (t) => {
  const entry = [
    { Key: 'k', Value: Buffer.from('one').toString('base64'), Flags: 0, ModifyIndex: 3, LockIndex: 0 },
  ]
  const { url } = await startScripted(t, (response, count) => {
    if (count === 1) response.setHeader('X-Consul-Index', '3').end(JSON.stringify(entry))
    else response.writeHead(404).end('404 page not found')
  })
  const client = createConsulClient(async () => ({ addresses: [url] }))
  t.after(() => client.close())
  const { values, failing, follow } = start(t, client)
  follow([need('key', 'k')])
  await eventually('the failure', () => failing.has('key k@dc1'))
  assert.deepEqual(values.get('key k@dc1'), { kind: 'key', pair: { key: 'k', value: 'one', flags: 0 } })
})

test('more needs than connections are looked at in turn, by two', async (t) => {
  const consul = await startTestConsul(t, { tls: false })
  const { client, sockets } = countingClient(t, consul, { connections: 4 })
  const { values, follow } = start(t, client, { connections: 4 })
  follow(Array.from({ length: 20 }, (_, at) => need('key', `k${at}`)))
  await eventually('all values', () => values.size === 20)
  assert.ok(sockets.most <= 4, `${sockets.most} connections`)
  const { client: writer } = countingClient(t, consul)
  await writer.request({ method: 'PUT', path: '/v1/kv/k19', body: 'x' })
  await eventually('the polled key', () => {
    const value = values.get('key k19@dc1')
    return value?.kind === 'key' && value.pair?.value === 'x'
  })
})
