import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import http from 'node:http'
import { type TestContext, test } from 'node:test'
import { freePorts } from '../../support/ports.ts'
import { routedService } from '../../support/routes.ts'
import { echo, listen, serve } from '../../support/serve-routes.ts'

test('a redirect is answered by nginx itself, with the request’s own URI where that is wanted', async (t) => {
  const services = [
    routedService('a', { 'nginx-host': 'a.test', 'nginx-redirect': '301,https://b.test/x$request_uri' }),
    routedService('c', { 'nginx-host': 'c.test', 'nginx-redirect': 'http://b.test:81/y' }),
  ]
  const { get } = await serve(t, services, {})
  const kept = await get('/p%20q/?r=s', 'a.test')
  assert.deepEqual([kept.status, kept.headers.location], [301, 'https://b.test/x/p%20q/?r=s'])
  const fixed = await get('/p', 'c.test')
  assert.deepEqual([fixed.status, fixed.headers.location], [302, 'http://b.test:81/y'])
})

test('the service sees the rewritten path', async (t) => {
  const services = [
    routedService('api', { 'nginx-host': 'a.test', 'nginx-path': '/api', 'nginx-rewrite': '/v2/api' }),
    routedService('root', { 'nginx-host': 'b.test', 'nginx-rewrite': '/app' }),
  ]
  const place = await echo(t)
  const { get } = await serve(t, services, { api: [place], root: [place] })
  const seen = async (path: string, host: string) => JSON.parse((await get(path, host)).body).url
  assert.equal(await seen('/api', 'a.test'), '/v2/api')
  assert.equal(await seen('/api/x/y?z=1', 'a.test'), '/v2/api/x/y?z=1')
  assert.equal(await seen('/', 'b.test'), '/app/')
  assert.equal(await seen('/x', 'b.test'), '/app/x')
})

test('one try means that a refused connection is the answer, and more find the live server', async (t) => {
  const [dead = 0] = await freePorts(1)
  const places = [`127.0.0.1:${dead}`, await echo(t)]
  const labels = { 'nginx-lb': 'round_robin', 'nginx-max-fails': '0' }
  const services = [
    routedService('once', { ...labels, 'nginx-host': 'once.test', 'nginx-tries': '1' }),
    routedService('off', { ...labels, 'nginx-host': 'off.test', 'nginx-next-upstream': 'off' }),
    routedService('twice', { ...labels, 'nginx-host': 'twice.test', 'nginx-tries': '2' }),
  ]
  const { get } = await serve(t, services, { once: places, off: places, twice: places })
  const statuses = async (host: string) =>
    [(await get('/', host)).status, (await get('/', host)).status].sort()
  assert.deepEqual(await statuses('once.test'), [200, 502])
  assert.deepEqual(await statuses('off.test'), [200, 502])
  assert.deepEqual(await statuses('twice.test'), [200, 200])
})

test('a status that is named makes nginx try another server, for a POST only where that is said', async (t) => {
  const places = [await always(t, 503), await always(t, 200)]
  const labels = { 'nginx-lb': 'round_robin', 'nginx-max-fails': '0' }
  const next = (words: string) => ({ ...labels, 'nginx-next-upstream': words })
  const services = [
    routedService('plain', { ...labels, 'nginx-host': 'plain.test' }),
    routedService('next', { ...next('error http_503'), 'nginx-host': 'next.test' }),
    routedService('post', { ...next('error http_503 non_idempotent'), 'nginx-host': 'post.test' }),
  ]
  const { port } = await serve(t, services, { plain: places, next: places, post: places })
  const statuses = async (method: string, host: string) => {
    const two = [await send(port, method, host), await send(port, method, host)]
    return two.sort()
  }
  assert.deepEqual(await statuses('GET', 'plain.test'), [200, 503])
  assert.deepEqual(await statuses('GET', 'next.test'), [200, 200])
  assert.deepEqual(await statuses('POST', 'next.test'), [200, 503])
  assert.deepEqual(await statuses('POST', 'post.test'), [200, 200])
})

test('an event stream without buffering passes part by part', async (t) => {
  const parts = new EventEmitter()
  const server = http.createServer((_, answer) => {
    answer.writeHead(200, { 'Content-Type': 'text/event-stream' })
    answer.write('1')
    parts.on('next', (part) => answer.write(part))
  })
  const labels = { 'nginx-host': 'a.test', 'nginx-buffering': 'off' }
  const { port } = await serve(t, [routedService('sse', labels)], { sse: [await listen(t, server)] })
  const request = http.get({ port, host: '127.0.0.1', agent: false, headers: { Host: 'a.test' } })
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage]
  t.after(() => request.destroy())
  for (const part of ['2', '3']) {
    await once(answer, 'data')
    parts.emit('next', part)
  }
  assert.equal(String((await once(answer, 'data'))[0]), '3')
})

test('no more connections than the limit reach a server', async (t) => {
  let open = 0
  let most = 0
  const server = http.createServer((_, answer) => {
    open += 1
    most = Math.max(most, open)
    setTimeout(() => {
      open -= 1
      answer.end('ok')
    }, 50)
  })
  const labels = { 'nginx-host': 'a.test', 'nginx-max-conns': '2' }
  const { get } = await serve(t, [routedService('web', labels)], { web: [await listen(t, server)] })
  const answers = await Promise.all(Array.from({ length: 12 }, () => get('/', 'a.test')))
  assert.equal(most, 2)
  assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [200, 502])
})

test('a client returns to its server by the cookie, and clients of one address spread over all', async (t) => {
  const places = await Promise.all(['one', 'two', 'three'].map((name) => named(t, name)))
  const labels = { 'nginx-host': 'a.test', 'nginx-sticky': 'Route' }
  const { get } = await serve(t, [routedService('web', labels)], { web: places })
  const reached = new Set<string>()
  for (let client = 0; client < 30; client += 1) {
    const first = await get('/', 'a.test')
    const [cookie = ''] = first.headers['set-cookie'] ?? []
    assert.match(cookie, /^Route=[0-9a-f]{32}(; (path=\/|httponly|samesite=lax)){3}$/i)
    reached.add(first.body)
    const again = await get('/', 'a.test', { Cookie: `x=y; ${cookie.split(';')[0]}` })
    assert.equal(again.body, first.body)
  }
  assert.equal(reached.size, 3)
})

async function send(port: number, method: string, host: string): Promise<number | undefined> {
  const request = http.request({ port, host: '127.0.0.1', method, agent: false, headers: { Host: host } })
  request.end()
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage]
  answer.resume()
  return answer.statusCode
}

function always(t: TestContext, status: number): Promise<string> {
  return listen(
    t,
    http.createServer((request, answer) => {
      request.resume()
      answer.writeHead(status).end()
    }),
  )
}

function named(t: TestContext, name: string): Promise<string> {
  return listen(
    t,
    http.createServer((_, answer) => answer.end(name)),
  )
}
