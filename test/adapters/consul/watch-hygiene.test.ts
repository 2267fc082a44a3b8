import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createSecureServer, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConsulAccess } from '../../../adapters/consul/access.ts'
import { createConsulClient } from '../../../adapters/consul/client.ts'
import { blockingWaitMs, tokenBucket } from '../../../adapters/consul/watch-pace.ts'
import { watchQuery } from '../../../adapters/consul/watch-query.ts'
import { readAnswer, type WatchClient } from '../../../adapters/consul/watch-read.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { createCertificates } from '../../../local/consul/certificates.ts'
import { eventually } from '../../support/eventually.ts'
import { startScripted } from '../../support/scripted-server.ts'
import { testProcesses, testTools } from '../../support/tools.ts'

type Respond = (response: ServerResponse) => void

/** An orderly answer. */
const ok =
  (index: string | null, body: unknown, headers: Readonly<Record<string, string>> = {}): Respond =>
  (response) => {
    const given = { 'x-consul-knownleader': 'true', 'x-consul-lastcontact': '0', ...headers }
    response.writeHead(200, index === null ? given : { 'x-consul-index': index, ...given })
    response.end(JSON.stringify(body))
  }
const refuse =
  (status: number, words: string): Respond =>
  (response) =>
    response.writeHead(status).end(words)

/** Watches through a real client. The client's time limits are cut short, so that a hanging server is noticed in a moment. */
function watchServer(t: TestContext, access: ConsulAccess, now: () => number = Date.now) {
  const client = createConsulClient(async () => access)
  const hurried: WatchClient = {
    request: (request) =>
      client.request({ ...request, timeoutMs: request.query.index === undefined ? 2_000 : 300 }),
  }
  const end = new AbortController()
  const data: unknown[] = []
  const failures: unknown[] = []
  const done = watchQuery({
    client: hurried,
    path: '/v1/health/service/web',
    query: {},
    parse: (body) => {
      if (!Array.isArray(body)) throw new QuaysideError('CONSUL_REFUSED', 'no list')
      return body
    },
    onData: (value) => data.push(value),
    onFailure: (error) => failures.push(error instanceof QuaysideError ? error.code : error),
    onRecovery: () => {},
    waitMs: () => 55_000,
    parked: () => null,
    now,
    random: () => 0,
    signal: end.signal,
  })
  t.after(async () => {
    end.abort()
    await done
    await client.close()
  })
  return { data, failures }
}

/** Serves these answers in turn and then never answers again. */
async function watchScript(t: TestContext, answers: readonly Respond[], now?: () => number) {
  const { url, requests } = await startScripted(t, (response, count) => answers[count - 1]?.(response))
  const watched = watchServer(t, { addresses: [url] }, now)
  const asked = () => requests.map(({ url = '' }: IncomingMessage) => url.slice(url.indexOf('?') + 1))
  return { ...watched, asked }
}

const atOnce = { concurrency: true }

const mishaps: readonly (readonly [string, Respond, string])[] = [
  ['a 429', refuse(429, 'Your IP is issuing too many concurrent connections'), 'CONSUL_OVERLOADED'],
  ['a 500 during an election', refuse(500, 'No cluster leader'), 'CONSUL_OVERLOADED'],
  ['an unknown datacenter', refuse(500, 'No path to datacenter'), 'CONSUL_OVERLOADED'],
  ['an answer without a leader', ok('9', [], { 'x-consul-knownleader': 'false' }), 'CONSUL_OVERLOADED'],
  ['a server long cut off', ok('9', [], { 'x-consul-lastcontact': '60000' }), 'CONSUL_OVERLOADED'],
  ['a 404', refuse(404, '404 page not found'), 'CONSUL_REFUSED'],
  [
    'JSON that was cut',
    (response) => response.setHeader('x-consul-index', '9').end('[{"Node":'),
    'CONSUL_REFUSED',
  ],
  ['an object in place of a list', ok('9', {}), 'CONSUL_REFUSED'],
  [
    'a body that breaks off',
    (response) => {
      response.writeHead(200, { 'x-consul-index': '9', 'content-length': '100' }).write('[')
      setTimeout(() => response.destroy(), 20)
    },
    'CONSUL_UNREACHABLE',
  ],
  ['a reset', (response) => response.socket?.resetAndDestroy(), 'CONSUL_UNREACHABLE'],
  ['no answer in time', () => {}, 'CONSUL_UNREACHABLE'],
]

test(
  'what goes wrong leaves the data as it was, and the next read is plain and consistent',
  atOnce,
  async (t) => {
    const rows = mishaps.map(([what, mishap, code]) =>
      t.test(what, async (t) => {
        const { data, failures, asked } = await watchScript(t, [ok('7', ['a']), mishap, ok('3', ['a', 'b'])])
        await eventually('the data after it', () => data.length === 2)
        await eventually('the next query', () => asked().length === 4)
        assert.deepEqual(data, [['a'], ['a', 'b']])
        assert.deepEqual(failures, [code])
        assert.deepEqual(asked(), [
          'consistent',
          'index=7&wait=55000ms',
          'consistent',
          'index=3&wait=55000ms',
        ])
      }),
    )
    await Promise.all(rows)
  },
)

test('nothing, because the token may read nothing, is an alarm and no data', async (t) => {
  const filtered = { 'x-consul-results-filtered-by-acls': 'true' }
  const { data, failures, asked } = await watchScript(t, [ok('7', ['a'], filtered), ok('8', [], filtered)])
  await eventually('the alarm', () => failures.length === 1)
  await delay(100)
  assert.deepEqual([data, failures, asked().length], [[['a']], ['CONSUL_DENIED'], 2])
})

test('answers without a usable index are looked at now and then, not in a busy loop', atOnce, async (t) => {
  const rows = [null, 'abc', '1e999'].map((index) =>
    t.test(String(index), async (t) => {
      const { data, failures, asked } = await watchScript(t, [ok(index, ['a']), ok(index, ['b'])])
      await eventually('the first', () => data.length === 1)
      await delay(300)
      assert.equal(asked().length, 1)
      await eventually('the second', () => data.length === 2)
      assert.deepEqual([failures, asked()], [[], ['consistent', '/v1/health/service/web']])
    }),
  )
  await Promise.all(rows)
})

test('nothing that a filter of ours left is data, whatever the token may read', async (t) => {
  const { url } = await startScripted(t, (response) =>
    ok('7', [], { 'x-consul-results-filtered-by-acls': 'true' })(response),
  )
  const client = createConsulClient(async () => ({ addresses: [url] }))
  t.after(() => client.close())
  const { signal } = new AbortController()
  const read = { path: '/v1/health/state/any', blocking: null, consistent: false, signal }
  const filter = 'Status != "passing"'
  const { index, body } = await readAnswer(client, { ...read, query: { filter } })
  assert.deepEqual([index, body()], [7, []])
  await assert.rejects(readAnswer(client, { ...read, query: {} }), { code: 'CONSUL_DENIED' })
})

test('an index of 0 blocks on 1', async (t) => {
  const { asked } = await watchScript(t, [ok('0', ['a'])])
  await eventually('the next query', () => asked().length === 2)
  assert.equal(asked()[1], 'index=1&wait=55000ms')
})

test('every ten minutes the data is read plainly, and told only if it differs', async (t) => {
  let time = 0
  const later =
    (respond: Respond): Respond =>
    (response) => {
      time += 600_001
      respond(response)
    }
  const answers = [ok('7', ['a']), later(ok('8', ['a'])), ok('8', ['a'])]
  const { data, asked } = await watchScript(t, answers, () => time)
  await eventually('all queries', () => asked().length === 4)
  assert.deepEqual(asked(), ['consistent', 'index=7&wait=55000ms', 'consistent', 'index=8&wait=55000ms'])
  assert.deepEqual(data, [['a']])
})

test('a connection that the server is giving up is left without losing an answer', async (t) => {
  const { consul } = await testTools()
  const folder = await (await testProcesses(t)).temporaryFolder('goaway')
  const { server: files } = await createCertificates(consul.path, folder, 'dc1')
  const server = createSecureServer({ cert: readFileSync(files.cert), key: readFileSync(files.key) })
  const sessions: ServerHttp2Session[] = []
  server.on('session', (session) => sessions.push(session))
  t.after(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  let count = 0
  server.on('stream', (stream) => {
    count += 1
    if (count > 3) return
    stream.respond({ ':status': 200, 'x-consul-index': String(count), 'x-consul-knownleader': 'true' })
    stream.end(JSON.stringify([count]))
    if (count === 2) sessions[0]?.goaway()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const addresses = [`https://127.0.0.1:${(server.address() as AddressInfo).port}`]
  const ca = readFileSync(join(dirname(files.cert), 'consul-agent-ca.pem'), 'utf8')
  const { data } = watchServer(t, { addresses, ca, serverName: 'server.dc1.consul' })
  await eventually('the answer on the next connection', () => data.length === 3)
  assert.deepEqual(data, [[1], [2], [3]])
  assert.equal(sessions.length, 2)
})

test('two reads go at once, the next has to wait', async () => {
  const bucket = tokenBucket(() => 0)
  const { signal } = new AbortController()
  const order: string[] = []
  await Promise.all([
    bucket.take(signal).then(() => order.push('first')),
    bucket.take(signal).then(() => order.push('second')),
    bucket.take(signal).then(() => order.push('third')),
    delay(20).then(() => order.push('pause')),
  ])
  assert.deepEqual(order, ['first', 'second', 'pause', 'third'])
})

test('no query blocks beyond the time that is left, the sixteenth that Consul adds included', () => {
  assert.equal(blockingWaitMs(600_000), 55_000)
  assert.ok((blockingWaitMs(30_000) * 17) / 16 <= 29_000)
  assert.equal(blockingWaitMs(0), 1_000)
})
