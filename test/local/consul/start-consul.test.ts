import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { type RequestOptions, request } from 'node:https'
import { test } from 'node:test'
import { isAlive } from '../../../adapters/process-table.ts'
import type { Consul } from '../../../local/consul/start-consul.ts'
import { startTestConsul } from '../../support/consul.ts'
import { freePort } from '../../support/ports.ts'

/** One request with what the handle says is needed, and nothing else. */
function ask(
  consul: Consul,
  path: string,
  options: RequestOptions = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const tls = { ca: consul.ca?.pem, servername: consul.serverName, agent: false }
    const sent = request(`${consul.httpsUrl}${path}`, { ...tls, ...options }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    sent.on('error', reject)
    sent.end(options.method === 'PUT' ? 'value' : undefined)
  })
}

test('a client with the CA and the server name speaks HTTP/2 and can write at once', async (t) => {
  const consul = await startTestConsul(t)
  const session = connectHttp2(consul.httpsUrl ?? '', {
    ca: consul.ca?.pem ?? '',
    servername: consul.serverName,
  })
  const stream = session.request({ ':path': '/v1/kv/a', ':method': 'PUT' })
  stream.end('1')
  const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
    stream.once('response', resolve)
    session.once('error', reject)
  })
  // Before the server goes: an idle session would report its reset connection as an error.
  session.destroy()
  assert.equal(headers[':status'], 200)
  assert.equal(consul.httpUrl, undefined)
})

test('a client that expects another name is refused by itself', async (t) => {
  const consul = await startTestConsul(t)
  await assert.rejects(ask(consul, '/v1/status/leader', { servername: 'server.dc2.consul' }), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
})

test('with ACLs a request without the token sees nothing, and with it everything', async (t) => {
  const consul = await startTestConsul(t, { acl: true })
  assert.equal((await ask(consul, '/v1/kv/a', { method: 'PUT' })).status, 403)
  const headers = { 'X-Consul-Token': consul.token ?? '' }
  assert.equal((await ask(consul, '/v1/kv/a', { method: 'PUT', headers })).status, 200)
  assert.equal(
    consul
      .output()
      .join('\n')
      .includes(consul.token ?? ''),
    false,
  )
})

test('where client certificates are required, one of the CA is needed', async (t) => {
  const consul = await startTestConsul(t, { verifyClients: true })
  await assert.rejects(ask(consul, '/v1/status/leader'))
  const { cert, key } = consul.client ?? assert.fail('no client certificate')
  const pair = { cert: readFileSync(cert), key: readFileSync(key) }
  assert.equal((await ask(consul, '/v1/status/leader', pair)).status, 200)
  assert.equal(statSync(key).mode & 0o077, 0)
})

test('plain HTTP is there on request, with TLS or alone', async (t) => {
  const [both, alone] = await Promise.all([
    startTestConsul(t, { http: true }),
    startTestConsul(t, { tls: false, datacenter: 'dc7' }),
  ])
  assert.ok(both.httpsUrl)
  assert.equal((await fetch(`${both.httpUrl}/v1/status/leader`)).status, 200)
  assert.match(await (await fetch(`${both.httpUrl}/ui/`)).text(), /<html/)
  assert.deepEqual([alone.httpsUrl, alone.ca, alone.client], [undefined, undefined, undefined])
  assert.deepEqual(await (await fetch(`${alone.httpUrl}/v1/catalog/datacenters`)).json(), ['dc7'])
})

for (const dev of [true, false]) {
  test(`a restart keeps the address and ${dev ? 'wipes what was in memory' : 'keeps what is on disk'}`, async (t) => {
    const consul = await startTestConsul(t, { tls: false, dev })
    await fetch(`${consul.httpUrl}/v1/kv/a`, { method: 'PUT', body: '1' })
    const before = consul.pid
    await consul.restart()
    assert.notEqual(consul.pid, before)
    assert.equal((await fetch(`${consul.httpUrl}/v1/kv/a`)).status, dev ? 404 : 200)
  })
}

test('stopping and killing end it, and it can be started again', async (t) => {
  const consul = await startTestConsul(t, { tls: false })
  const { pid } = consul
  await consul.kill()
  assert.equal(await isAlive(pid), false)
  await consul.stop()
  await consul.restart()
  assert.equal((await fetch(`${consul.httpUrl}/v1/status/leader`)).status, 200)
})

test('a chosen port that is in use is an error that names it and says what to do', async (t) => {
  const port = await freePort()
  await startTestConsul(t, { tls: false, port })
  await assert.rejects(startTestConsul(t, { port }), {
    code: 'PORT_TAKEN',
    message: new RegExp(`Port ${port} .*Stop that process, or choose another port`),
  })
})
