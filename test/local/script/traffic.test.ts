import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startTraffic, type Target } from '../../../local/script/traffic.ts'

async function server(t: TestContext, answer: RequestListener): Promise<Target> {
  const http = createServer(answer)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.after(() => {
    http.closeAllConnections()
    http.close()
  })
  const { port } = http.address() as AddressInfo
  return { host: 'host-a', url: `http://127.0.0.1:${port}/`, hostName: 'hello.localhost' }
}

async function run(target: Target, serving: () => number, ms = 150) {
  const traffic = startTraffic({
    targets: [target],
    everyMs: 2,
    serving,
    isCurrent: () => true,
    now: Date.now,
  })
  await delay(ms)
  return traffic.stop()
}

test('an answer other than 200 fails while an instance serves', async (t) => {
  const target = await server(t, (_request, response) => response.writeHead(502).end())
  const totals = await run(target, () => 1)
  assert.ok(totals.requests > 0)
  assert.equal(totals.failed, totals.requests)
  assert.match(totals.failures[0] ?? '', /host-a at .*HTTP 502/)
})

test('an outage excuses failures only until the first 200', async (t) => {
  let count = 0
  const target = await server(t, (_request, response) => {
    count += 1
    response.writeHead(count <= 3 || count > 6 ? 503 : 200).end()
  })
  const totals = await run(target, () => (count < 3 ? 0 : 1))
  assert.equal(totals.unserved, 3)
  assert.equal(totals.failed, totals.requests - 6)
  assert.ok(totals.failed > 0)
})

test('a reset of a reused connection is retried once and counted', async (t) => {
  let answered = 0
  const target = await server(t, (request, response) => {
    // Every connection is cut at its second request, as nginx cuts idle ones at a reload.
    const socket = request.socket as typeof request.socket & { used?: boolean }
    if (socket.used) return void socket.destroy()
    socket.used = true
    answered += 1
    response.end('ok')
  })
  const totals = await run(target, () => 1)
  assert.ok(totals.retriedResets > 0)
  assert.equal(totals.failed, 0)
  assert.equal(totals.requests, answered)
})

test('a connection refused is a failure and not a reset', async (t) => {
  const target = await server(t, (request) => request.socket.destroy())
  const totals = await run(target, () => 1)
  assert.equal(totals.failed, totals.requests)
})
