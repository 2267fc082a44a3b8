import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import type { ConsulAccess } from '../../../adapters/consul/access.ts'
import { createConsulClient } from '../../../adapters/consul/client.ts'
import { startTestConsul } from '../../support/consul.ts'
import { accessOf } from '../../support/register.ts'
import { startScripted } from '../../support/scripted-server.ts'

const get = { method: 'GET', path: '/v1/catalog/services' } as const
const put = { method: 'PUT', path: '/v1/kv/a', body: 'x' } as const

function clientOf(t: { after: (fn: () => Promise<void>) => void }, ...addresses: string[]) {
  // Without jitter the order of servers is the order of the list, and pauses have no length.
  const client = createConsulClient(async () => ({ addresses, token: 'secret-token' }), { random: () => 0 })
  t.after(() => client.close())
  return client
}

test('an answer carries index, leader and parsed body, and a missing key is null', async (t) => {
  const consul = await startTestConsul(t)
  const client = createConsulClient(async () => accessOf(consul))
  t.after(() => client.close())
  const answer = await client.request(get)
  assert.deepEqual(answer.body, { consul: [] })
  assert.ok((answer.index ?? 0) >= 1)
  assert.equal(answer.knownLeader, true)
  const missing = await client.request({ method: 'GET', path: '/v1/kv/none' })
  assert.deepEqual([missing.status, missing.body], [404, null])
})

test('over TLS a thousand blocking queries share few connections', async (t) => {
  const consul = await startTestConsul(t)
  const { url, opened } = await startCounting(t, Number(new URL(consul.httpsUrl ?? '').port))
  const client = createConsulClient(async () => ({ ...accessOf(consul), addresses: [url] }))
  t.after(() => client.close())
  const { index } = await client.request(get)
  const queries = Array.from({ length: 1_000 }, (_, n) =>
    client.request({
      method: 'GET',
      path: `/v1/health/service/s${n}`,
      query: { index: String((index ?? 1) + 1_000), wait: '1s' },
      timeoutMs: 20_000,
    }),
  )
  const answers = await Promise.all(queries)
  assert.ok(answers.every(({ status }) => status === 200))
  assert.ok(opened() <= 6, `${opened()} connections`)
})

test('a server that fails is left for the next one, for reads', async (t) => {
  const bad = await startScripted(t, (response) => response.writeHead(500).end('No cluster leader'))
  const good = await startScripted(t, (response) => response.end('{}'))
  const client = clientOf(t, bad.url, good.url)
  assert.equal((await client.request(get)).status, 200)
  assert.equal((await client.request(get)).status, 200)
  assert.deepEqual([bad.requests.length, good.requests.length], [1, 2])
})

test('a write goes to the next server only if it was surely not carried out', async (t) => {
  const bad = await startScripted(t, (response) => response.writeHead(500).end('No cluster leader'))
  const busy = await startScripted(t, (response) => response.writeHead(429).end('too many'))
  const good = await startScripted(t, (response) => response.end('true'))
  await assert.rejects(clientOf(t, bad.url, good.url).request(put), { code: 'CONSUL_OVERLOADED' })
  assert.equal(good.requests.length, 0)
  assert.equal((await clientOf(t, 'http://127.0.0.1:1', busy.url, good.url).request(put)).body, true)
})

test('a read is repeated while the only server recovers', async (t) => {
  const server = await startScripted(t, (response, count) =>
    count < 3 ? response.writeHead(500).end('No cluster leader') : response.end('{}'),
  )
  assert.equal((await clientOf(t, server.url).request(get)).status, 200)
  const once = await startScripted(t, (response) => response.writeHead(503).end('no'))
  await assert.rejects(clientOf(t, once.url).request({ ...get, retry: false }), { code: 'CONSUL_OVERLOADED' })
  assert.equal(once.requests.length, 1)
})

test('a refused token is asked for afresh once, and then is an error without the token', async (t) => {
  const server = await startScripted(t, (response, _count, request) =>
    request.headers['x-consul-token'] === 'new'
      ? response.end('{}')
      : response.writeHead(403).end('Permission denied: token with AccessorID lacks permission'),
  )
  const access = (token: string): ConsulAccess => ({ addresses: [server.url], token })
  const rotated = createConsulClient(async (fresh) => access(fresh ? 'new' : 'old'))
  t.after(() => rotated.close())
  assert.equal((await rotated.request(get)).status, 200)
  const stuck = createConsulClient(async () => access('secret-token'))
  t.after(() => stuck.close())
  const before = server.requests.length
  await assert.rejects(stuck.request(get), (error: Error & { code?: string }) => {
    assert.match(error.message, /403 to GET http:.*lacks permission/)
    return error.code === 'CONSUL_DENIED' && !error.message.includes('secret-token')
  })
  assert.equal(server.requests.length, before + 1)
})

test('a request that Consul refuses is an error with its words', async (t) => {
  const server = await startScripted(t, (response) => response.writeHead(400).end('Missing node name'))
  await assert.rejects(clientOf(t, server.url).request(get), {
    code: 'CONSUL_REFUSED',
    message: /400.*Missing node name/,
  })
})

test('an address where nobody listens is an error that names it and what to check', async (t) => {
  await assert.rejects(clientOf(t, 'http://127.0.0.1:1').request(get), {
    code: 'CONSUL_UNREACHABLE',
    message: /GET http:\/\/127\.0\.0\.1:1\/v1\/catalog\/services.*ECONNREFUSED.*security group/,
  })
})

test('a server that does not answer ends with the time of the request, and an abort with its reason', async (t) => {
  const silent = await startScripted(t, () => {})
  const client = clientOf(t, silent.url)
  await assert.rejects(client.request({ ...get, timeoutMs: 50 }), {
    code: 'CONSUL_UNREACHABLE',
    message: /within 50 ms/,
  })
  const controller = new AbortController()
  const asked = client.request({ ...get, signal: controller.signal })
  const reason = new Error('stopped')
  setTimeout(() => controller.abort(reason), 20)
  await assert.rejects(asked, reason)
})

test('an index of zero is read as one, so that no query becomes a busy loop', async (t) => {
  const server = await startScripted(t, (response) => response.setHeader('X-Consul-Index', '0').end('{}'))
  assert.equal((await clientOf(t, server.url).request(get)).index, 1)
})

/** A TCP relay in front of a port that counts the connections through it. */
async function startCounting(t: { after: (fn: () => void) => void }, port: number) {
  let count = 0
  const sockets = new Set<{ destroy: () => void }>()
  const server = createServer((inner) => {
    count++
    const outer = connect(port, '127.0.0.1')
    for (const socket of [inner, outer]) sockets.add(socket.on('error', () => {}))
    inner.pipe(outer).pipe(inner)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, opened: () => count }
}
