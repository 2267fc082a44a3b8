import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { freePorts } from '../../support/ports.ts'
import { routedService } from '../../support/routes.ts'
import { echo, listen, serve } from '../../support/serve-routes.ts'

test('an empty upstream answers 503 with Retry-After, and so does a host that nobody has', async (t) => {
  const { get } = await serve(t, [routedService('web', { 'nginx-host': 'web.test' })], {})
  for (const host of ['web.test', 'nobody.test']) {
    const { status, headers } = await get('/', host)
    assert.equal(status, 503)
    assert.equal(headers['retry-after'], '5')
  }
})

test('a prefix has its path and what is below it, not what begins alike', async (t) => {
  const api = await echo(t)
  const services = [routedService('api', { 'nginx-host': 'web.test', 'nginx-path': '/api' })]
  const { get } = await serve(t, services, { api: [api] })
  for (const [path, status] of [
    ['/api', 200],
    ['/api/a%20b?q=1', 200],
    ['/apix', 404],
    ['/', 404],
  ] as const) {
    assert.equal((await get(path, 'web.test')).status, status, path)
  }
  assert.equal(JSON.parse((await get('/api/a%20b?q=1', 'web.test')).body).url, '/api/a%20b?q=1')
})

test('a stripped front is not seen by the service', async (t) => {
  const api = await echo(t)
  const meta = { 'nginx-host': 'web.test', 'nginx-path': '/api/v1', 'nginx-strip': '/api' }
  const { get } = await serve(t, [routedService('api', meta)], { api: [api] })
  assert.equal(JSON.parse((await get('/api/v1', 'web.test')).body).url, '/v1')
  assert.equal(JSON.parse((await get('/api/v1/x?y=z', 'web.test')).body).url, '/v1/x?y=z')
})

test('the service sees the host, port and address of the client, and no header that could mislead it', async (t) => {
  const web = await echo(t)
  const { get, port } = await serve(t, [routedService('web', { 'nginx-host': 'web.test' })], { web: [web] })
  const { headers } = JSON.parse(
    (
      await get('/', `web.test:${port}`, {
        Proxy: 'http://evil',
        'X-Forwarded-For': '1.2.3.4',
        Upgrade: 'h2c',
      })
    ).body,
  )
  assert.equal(headers.host, `web.test:${port}`)
  assert.equal(headers['x-forwarded-for'], '1.2.3.4, 127.0.0.1')
  assert.equal(headers['x-forwarded-proto'], 'http')
  assert.equal(headers['x-forwarded-port'], String(port))
  assert.equal(headers['x-real-ip'], '127.0.0.1')
  assert.match(headers['x-request-id'], /^[0-9a-f]{32}$/)
  assert.equal(headers.proxy, undefined)
  assert.equal(headers.upgrade, undefined)
})

test('no GET fails while one server is live among many that refuse connections', async (t) => {
  const [live, ...dead] = [await echo(t), ...(await freePorts(6)).map((port) => `127.0.0.1:${port}`)]
  const services = [routedService('web', { 'nginx-host': 'web.test' })]
  const { get } = await serve(t, services, { web: [live ?? '', ...dead] })
  for (let round = 0; round < 10; round += 1) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => get('/', 'web.test')))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  }
})

test('no GET fails when servers close idle connections', async (t) => {
  const closing = await Promise.all([closer(t), closer(t), closer(t)])
  const services = [routedService('web', { 'nginx-host': 'web.test' })]
  const { get } = await serve(t, services, { web: closing })
  for (let round = 0; round < 100; round += 1) assert.equal((await get('/', 'web.test')).status, 200)
})

test('no GET fails when the kept connections of one server break under a request', async (t) => {
  const server = await breaker(t, 10)
  const services = [routedService('web', { 'nginx-host': 'web.test' })]
  const { get } = await serve(t, services, { web: [server.place, await echo(t)] })
  for (let round = 0; round < 60; round += 1) assert.equal((await get('/', 'web.test')).status, 200)
  assert.ok(server.broken() >= 3)
})

test('a single server stays in use however often its kept connections break', async (t) => {
  const server = await breaker(t, Number.POSITIVE_INFINITY)
  const services = [routedService('web', { 'nginx-host': 'web.test' })]
  const { get } = await serve(t, services, { web: [server.place] })
  for (let round = 0; round < 40; round += 1) assert.equal((await get('/', 'web.test')).status, 200)
  assert.ok(server.broken() > 10)
})

test('a WebSocket is passed through', async (t) => {
  const server = http.createServer()
  server.on('upgrade', (request, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
    )
    socket.pipe(socket)
  })
  const services = [routedService('ws', { 'nginx-host': 'ws.test' })]
  const { port } = await serve(t, services, { ws: [await listen(t, server)] })
  const request = http.request({
    port,
    host: '127.0.0.1',
    headers: { Host: 'ws.test', Connection: 'Upgrade', Upgrade: 'websocket' },
  })
  request.end()
  const [, socket] = (await once(request, 'upgrade')) as [unknown, net.Socket]
  t.after(() => socket.destroy())
  socket.write('ping')
  assert.equal(String((await once(socket, 'data'))[0]), 'ping')
})

test('a TCP route passes bytes to its service', async (t) => {
  const server = net.createServer((socket) => socket.pipe(socket))
  const services = [routedService('db', { 'nginx-proto': 'tcp' })]
  const { streamPort } = await serve(t, services, { db: [await listen(t, server)] })
  const socket = net.connect(streamPort, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.write('hello')
  assert.equal(String((await once(socket, 'data'))[0]), 'hello')
})

test('sources of a group get their shares whatever their numbers of instances', async (t) => {
  const [blue, green] = [await named(t, 'blue'), [await named(t, 'green'), await named(t, 'green')]]
  const share = (weight: string) => ({
    'nginx-host': 'web.test',
    'nginx-group': 'web',
    'nginx-weight': weight,
    'nginx-lb': 'round_robin',
  })
  const services = [routedService('blue', share('75')), routedService('green', share('25'))]
  const { get } = await serve(t, services, { blue: [blue], green })
  const answers = await Promise.all(Array.from({ length: 40 }, () => get('/', 'web.test')))
  assert.equal(answers.filter(({ body }) => body === 'blue').length, 30)
})

function named(t: TestContext, name: string): Promise<string> {
  return listen(
    t,
    http.createServer((_, answer) => answer.end(name)),
  )
}

/** Announces kept connections, and closes each just after its answer. */
function closer(t: TestContext): Promise<string> {
  const server = http.createServer((_, answer) => {
    answer.on('finish', () => setTimeout(() => answer.socket?.destroy(), 1))
    answer.end('ok')
  })
  return listen(t, server)
}

/** Breaks a connection, up to `times` of them, at the second request on it: as if it had just closed when that was sent. */
async function breaker(t: TestContext, times: number): Promise<{ place: string; broken: () => number }> {
  const used = new WeakSet<net.Socket>()
  let broken = 0
  const server = http.createServer(({ socket }, answer) => {
    if (used.has(socket) && broken < times) {
      broken += 1
      socket.resetAndDestroy()
      return
    }
    used.add(socket)
    answer.end('ok')
  })
  return { place: await listen(t, server), broken: () => broken }
}
