import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { createCertificates } from '../../../local/consul/certificates.ts'
import { freePorts } from '../../support/ports.ts'
import { routedService } from '../../support/routes.ts'
import { echo, listen, serve } from '../../support/serve-routes.ts'
import { tempDir } from '../../support/tmp.ts'
import { testTools } from '../../support/tools.ts'

test('HSTS is said over TLS alone, and a cookie that came over TLS stays there', async (t) => {
  const labels = { 'nginx-host': 'a.test', 'nginx-hsts': '1h; includeSubDomains', 'nginx-sticky': 'route' }
  const place = await echo(t)
  const certificates = await certificatesFor(t, 'a.test')
  const everyVersion = { mode: 'static' } as const
  const { get, tlsPort } = await serve(
    t,
    [routedService('web', labels)],
    { web: [place] },
    { certificates },
    everyVersion,
  )
  const secure = await overTls(tlsPort, 'a.test')
  assert.equal(secure.headers['strict-transport-security'], 'max-age=3600; includeSubDomains')
  assert.match(secure.headers['set-cookie']?.[0] ?? '', /; Secure;/)
  const plain = await get('/', 'a.test')
  assert.equal(plain.headers['strict-transport-security'], undefined)
  assert.doesNotMatch(plain.headers['set-cookie']?.[0] ?? '', /Secure/)
  assert.equal((await get('/', 'a.test', { Cookie: 'route=x' })).headers['set-cookie'], undefined)
})

test('a gRPC call keeps its path, its frames and its trailers', async (t) => {
  const server = http2.createServer()
  server.on('stream', (stream, headers) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () =>
      stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': String(headers[':path']) }),
    )
    stream.pipe(stream)
  })
  const certificates = await certificatesFor(t, 'rpc.test')
  const services = [
    routedService('rpc', { 'nginx-host': 'rpc.test', 'nginx-proto': 'grpc', 'nginx-hsts': '1h' }),
  ]
  const { tlsPort } = await serve(t, services, { rpc: [await listen(t, server)] }, { certificates })
  const client = http2.connect(`https://127.0.0.1:${tlsPort}`, {
    rejectUnauthorized: false,
    servername: 'rpc.test',
  })
  t.after(() => client.destroy())
  const call = client.request({
    ...{ ':method': 'POST', ':path': '/pkg.Service/Call', ':authority': 'rpc.test' },
    ...{ 'content-type': 'application/grpc', te: 'trailers' },
  })
  const trailers = once(call, 'trailers')
  call.end('frame')
  assert.equal(String((await once(call, 'data'))[0]), 'frame')
  const [{ 'grpc-status': status, 'grpc-message': path }] = await trailers
  assert.deepEqual([status, path], ['0', '/pkg.Service/Call'])
})

test('TLS ends at nginx on a listener for it, and the service gets what was inside', async (t) => {
  const server = net.createServer((socket) => socket.pipe(socket))
  const certificates = await certificatesFor(t, 'db.test')
  const [tlsPort = 0] = await freePorts(1)
  const services = [routedService('db', { 'nginx-proto': 'tcp' })]
  const listeners = [{ port: tlsPort, protocol: 'tls' as const }]
  await serve(t, services, { db: [await listen(t, server)] }, { certificates, listeners })
  const socket = tls.connect({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false })
  t.after(() => socket.destroy())
  socket.write('hello')
  assert.equal(String((await once(socket, 'data'))[0]), 'hello')
})

async function certificatesFor(t: TestContext, host: string) {
  const { consul } = await testTools()
  const { server } = await createCertificates(consul.path, join(tempDir(t)), 'dc1')
  return [{ name: 'site', hosts: [host], cert: server.cert, key: server.key }]
}

async function overTls(port: number, host: string) {
  const options = { port, host: '127.0.0.1', agent: false, rejectUnauthorized: false, servername: host }
  const [answer] = await once(https.get({ ...options, headers: { Host: host } }), 'response')
  answer.resume()
  return answer
}
