import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { promises as dns } from 'node:dns'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { startDnsServer } from '../../../agent/dns/server.ts'
import { serviceName, upstreamName } from '../../../core/dns/names.ts'
import type { DnsTarget } from '../../../core/dns/zone.ts'
import { askByTcp, decodeMessage, prefixed, queryFor, sendDatagrams, wireTypes } from '../../support/dns.ts'
import { eventually } from '../../support/eventually.ts'
import { property } from '../../support/scale.ts'

const web = upstreamName('http', 'quayside_web')
const asked = { name: serviceName(web), type: wireTypes.SRV }
const servers = (count: number, port = 8080): readonly DnsTarget[] =>
  Array.from({ length: count }, (_, at) => ({
    address: `10.0.${at >> 8}.${at & 255}`,
    port: port + at,
    weight: 1 + (at % 3),
  }))

async function startServer(t: TestContext, targets: readonly DnsTarget[] = servers(2)) {
  const warnings: unknown[] = []
  const clock = { now: 0 }
  const log = {
    info: () => undefined,
    warn: (event: string, fields: object) => void warnings.push({ event, ...fields }),
  }
  const server = await startDnsServer({ port: 0, log, elapsed: () => clock.now })
  t.after(server.close)
  server.serve(new Map([[web, targets]]))
  // c-ares: it has no code in common with this server, and asks by TCP for what was cut.
  const resolver = new dns.Resolver({ timeout: 2_000, tries: 2 })
  resolver.setServers([`127.0.0.1:${server.port}`])
  return { server, warnings, clock, resolver }
}

test('another resolver reads the same list, addresses and failures', async (t) => {
  const { server, resolver } = await startServer(t, [
    ...servers(2),
    { address: 'fd00::7', port: 443, weight: 9 },
  ])
  const list = await resolver.resolveSrv(asked.name)
  assert.deepEqual(list.map(({ name, port, priority, weight }) => [name, port, priority, weight]).sort(), [
    ['a-0a000000.quayside', 8080, 0, 1],
    ['a-0a000001.quayside', 8081, 0, 2],
    [`a-fd00${'0'.repeat(26)}07.quayside`, 443, 0, 9],
  ])
  assert.deepEqual(await resolver.resolve4('a-0a000001.quayside', { ttl: true }), [
    { address: '10.0.0.1', ttl: 3_600 },
  ])
  assert.deepEqual(await resolver.resolve6(`a-fd00${'0'.repeat(26)}07.quayside`), ['fd00::7'])
  await assert.rejects(resolver.resolve6('a-0a000001.quayside'), { code: 'ENODATA' })
  await assert.rejects(resolver.resolveSrv('_http._tcp.other.http.quayside'), { code: 'ESERVFAIL' })
  assert.ok(server.counters.servfail > 0)
})

test('a list that is too long for a datagram is read by TCP, a thousand servers and more', async (t) => {
  const { server, resolver } = await startServer(t, servers(1_600))
  const list = await resolver.resolveSrv(asked.name)
  assert.deepEqual(
    list.map(({ port }) => port).sort(),
    servers(1_600)
      .map(({ port }) => port)
      .sort(),
  )
  assert.equal(server.counters.truncated, 1)
})

test('many addresses behind one name are read by TCP too', async (t) => {
  const same = servers(1_500).map(({ address }) => ({ address, port: 80, weight: 1 }))
  const { resolver } = await startServer(t, same)
  const [group, ...others] = await resolver.resolveSrv(asked.name)
  assert.deepEqual([group?.port, others.length], [80, 0])
  assert.deepEqual(
    (await resolver.resolve4(group?.name ?? '')).sort(),
    same.map(({ address }) => address).sort(),
  )
})

test('what was given in full is known of the present list only', async (t) => {
  const { server, clock, resolver } = await startServer(t, servers(100))
  assert.equal(server.lastFull(web), null)
  clock.now = 5
  await sendDatagrams(server.port, [queryFor(asked)])
  assert.equal(server.lastFull(web), null, 'a cut answer is none')
  await resolver.resolveSrv(asked.name)
  assert.equal(server.lastFull(web), 5)
  clock.now = 6
  server.serve(new Map([[web, servers(100)]]))
  assert.equal(server.lastFull(web), 5, 'the same list is no new one')
  server.serve(new Map([[web, servers(99)]]))
  assert.equal(server.lastFull(web), null)
  assert.equal(server.lastFull('other.http.quayside'), null)
})

test('a list behind one name is given in full when its addresses were', async (t) => {
  const { server, clock, resolver } = await startServer(
    t,
    servers(40).map(({ address }) => ({ address, port: 80, weight: 1 })),
  )
  clock.now = 5
  const [group] = await resolver.resolveSrv(asked.name)
  assert.equal(server.lastFull(web), null)
  clock.now = 7
  await resolver.resolve4(group?.name ?? '')
  assert.equal(server.lastFull(web), 5)
})

test('a list that is longer than the answers can be is said once, and again when it changes', async (t) => {
  const { server, warnings } = await startServer(t, servers(3_000))
  server.serve(new Map([[web, servers(3_000)]]))
  assert.equal(warnings.length, 1)
  server.serve(new Map([[web, servers(3_001)]]))
  assert.match(
    JSON.stringify(warnings[1]),
    /"dns-list-shortened".*"servers":3001,"served":16\d\d,.*split the service/,
  )
})

test('an address that is none is refused, and the zone before stays', async (t) => {
  const { server, resolver } = await startServer(t)
  const wrong = [{ address: 'example.org', port: 80, weight: 1 }]
  assert.throws(() => server.serve(new Map([[web, wrong]])), { code: 'RENDER_REFUSED' })
  assert.equal((await resolver.resolveSrv(asked.name)).length, 2)
})

test('both transports have the port that is asked for, and one that is taken is named', async (t) => {
  const log = { info: () => undefined, warn: () => undefined }
  const start = (port: number) => startDnsServer({ port, log, elapsed: () => 0 })
  const { server } = await startServer(t)
  await assert.rejects(start(server.port), {
    code: 'PORT_TAKEN',
    message: new RegExp(`${server.port}.*can't be opened`),
  })
  const tcp = createServer().listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  t.after(() => tcp.close())
  const { port } = tcp.address() as { port: number }
  await assert.rejects(start(port), { code: 'PORT_TAKEN' })
  const udp = createSocket('udp4').bind(port, '127.0.0.1')
  await once(udp, 'listening')
  udp.close()
})

test('after any datagrams the next good one is answered', async (t) => {
  const { server } = await startServer(t)
  const good = queryFor(asked, { id: 0x7fff })
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.nat(good.length).map((length) => good.subarray(0, length)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(any, { maxLength: 20 }), async (messages) => {
      await sendDatagrams(
        server.port,
        messages.map((one) => Buffer.from(one)),
        0,
      )
      const [answer] = await sendDatagrams(server.port, [good])
      assert.equal(decodeMessage(answer ?? assert.fail('no answer')).answers.length, 2)
    }),
    property(1_000),
  )
})

test('questions on one connection are answered in order, however their bytes are cut', async (t) => {
  const { server } = await startServer(t, servers(1_000))
  const questions = Array.from({ length: 60 }, (_, id) => prefixed(queryFor(asked, { id })))
  const answers = await askByTcp(server.port, Buffer.concat(questions), 60)
  assert.deepEqual(
    answers.map((answer) => answer.readUInt16BE()),
    questions.map((_, id) => id),
  )
  assert.ok(answers.every((answer) => decodeMessage(answer).answers.length === 1_000))
  const socket = connect(server.port, '127.0.0.1')
  t.after(() => socket.destroy())
  for (const byte of prefixed(queryFor(asked))) {
    socket.write(Buffer.from([byte]))
    await new Promise(setImmediate)
  }
  const [chunk] = await once(socket, 'data')
  assert.ok(chunk.length > 2)
})

test('a connection that talks nonsense, or more than a question, is closed', async (t) => {
  const { server } = await startServer(t)
  const nonsense = {
    'a long message': Buffer.alloc(2_000, 0xff),
    'an empty one': Buffer.alloc(2),
    'an answer': prefixed(queryFor(asked, { flags: 0x8100 })),
  }
  for (const [what, bytes] of Object.entries(nonsense))
    assert.deepEqual(await askByTcp(server.port, bytes, 1), [], what)
})

test('a reader who reads nothing does not fill the memory, and others are answered', async (t) => {
  const { server, resolver } = await startServer(t, servers(1_600))
  const before = process.memoryUsage().arrayBuffers
  const socket = connect(server.port, '127.0.0.1').pause()
  t.after(() => socket.destroy())
  socket.write(Buffer.concat(Array.from({ length: 5_000 }, () => prefixed(queryFor(asked)))))
  await eventually('a first answer', () => server.counters.queries > 4)
  assert.equal((await resolver.resolveSrv(asked.name)).length, 1_600)
  assert.ok(server.counters.queries < 500, `${server.counters.queries} answers for a reader who reads none`)
  assert.ok(process.memoryUsage().arrayBuffers - before < 50e6)
})

test('of too many connections the one that asked nothing for longest is closed', async (t) => {
  const { server } = await startServer(t)
  const sockets = Array.from({ length: 300 }, () =>
    connect(server.port, '127.0.0.1').on('error', () => undefined),
  )
  t.after(() => sockets.forEach((socket) => void socket.destroy()))
  const closed = () => sockets.filter((socket) => socket.destroyed || socket.readableEnded).length
  for (const socket of sockets) socket.resume()
  await eventually('the first ones are closed', () => closed() === 44)
  assert.equal((await askByTcp(server.port, prefixed(queryFor(asked)), 1)).length, 1)
})

test('nobody is answered once it is closed', async (t) => {
  const { server } = await startServer(t)
  const socket = connect(server.port, '127.0.0.1').resume()
  await once(socket, 'connect')
  await Promise.all([once(socket, 'close'), server.close()])
  assert.deepEqual(await sendDatagrams(server.port, [queryFor(asked)], 100), [])
})
