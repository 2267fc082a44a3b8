import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { childrenOf } from '../../adapters/process-table.ts'
import { blobKey } from '../../core/release/keys.ts'
import type { HostReport } from '../../core/release/report.ts'
import { type AgentHost, fetchText, startAgentHost, webRelease } from '../support/agent-host.ts'
import { eventually } from '../support/eventually.ts'
import { testUpstream } from '../support/release.ts'

test('a release goes live with new workers only, and its report says so', async (t) => {
  const host = await startAgentHost(t)
  assert.equal((await host.agent.runCycle()).reason, 'nothing was published on this channel yet')
  const { pointer } = await host.channel.publish(webRelease(host.port, 'one'))
  const record = await host.agent.runCycle()
  assert.equal(record.outcome, 'installed')
  assert.equal(await host.get(), 'one')
  assert.equal(await health(host), '200')
  const live = host.events.find(({ event }) => event === 'host-live')
  assert.equal(live?.generation, pointer.generation)
  assert.equal(live?.publishedCreated, pointer.created)
  const report = reportOf(host)
  assert.equal(report.outcome, 'installed')
  assert.equal(report.applied?.layout, pointer.layout.sha256)
  assert.equal(report.applied?.configId, live?.configId)
  assert.deepEqual(report.offered?.releaseId, report.applied?.releaseId)
})

test('a 403 for a channel that was never read is waiting, and after a first release it is a failure', async (t) => {
  const host = await startAgentHost(t)
  const denied = { status: 403, code: 'AccessDenied' } as const
  const deny = () => host.s3.setFaults(({ key }) => (key.startsWith('channels/') ? denied : undefined))
  deny()
  const waiting = await host.agent.runCycle()
  assert.equal(waiting.outcome, 'waiting')
  assert.match(waiting.reason, /nothing was published .* or this host may not read it \(GET channels\/.* 403/)
  await host.agent.runCycle()
  assert.equal(host.events.filter(({ event }) => event === 'host-waiting').length, 1)
  host.s3.setFaults(undefined)
  await host.channel.publish(webRelease(host.port, 'one'))
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  deny()
  const failed = await host.agent.runCycle()
  assert.deepEqual([failed.outcome, failed.step], ['failed', 'poll'])
})

test('new endpoints alone come by a new directory whose other files are the same on disk', async (t) => {
  const host = await startAgentHost(t)
  const [a, b] = [await startBackend(t, 'a'), await startBackend(t, 'b')]
  await host.channel.publish(webRelease(host.port, 'one', { servers: [a] }))
  await host.agent.runCycle()
  assert.equal(await host.get('/app'), 'a')
  const before = confirmedDirectory(host)
  await host.channel.publish(webRelease(host.port, 'one', { servers: [b] }))
  const record = await runUntilSettled(host)
  assert.equal(record.outcome, 'endpoints')
  assert.equal(await host.get('/app'), 'b')
  const after = confirmedDirectory(host)
  assert.notEqual(after, before)
  const inode = async (directory: string) => (await stat(join(directory, 'files/web/routes.conf'))).ino
  assert.equal(await inode(after), await inode(before))
})

test('upstream files are byte for byte those that the publisher signed', async (t) => {
  const host = await startAgentHost(t)
  const { pointer } = await host.channel.publish(webRelease(host.port, 'one', { servers: [8_001, 8_002] }))
  await host.agent.runCycle()
  for (const context of ['http', 'stream'] as const) {
    const own = await readFile(join(confirmedDirectory(host), `upstreams.${context}.conf`), 'utf8')
    const { gunzipSync } = await import('node:zlib')
    const stored = host.s3.objects(host.s3.bucket).get(blobKey(pointer.upstreams[context].sha256))
    assert.equal(own, gunzipSync(stored ?? Buffer.alloc(0)).toString())
  }
})

test('an upstream without servers answers 503 and the host stays healthy', async (t) => {
  const host = await startAgentHost(t)
  await host.channel.publish(webRelease(host.port, 'one'))
  await host.agent.runCycle()
  assert.equal(await host.get('/app'), '503')
  assert.equal(await health(host), '200')
})

test('the same content under a new generation is stored, without nginx or a report', async (t) => {
  const host = await startAgentHost(t)
  await host.channel.publish(webRelease(host.port, 'one'))
  await host.agent.runCycle()
  const workers = await workerPids(host)
  const reports = reportPuts(host)
  const { pointer } = await host.channel.publish(webRelease(host.port, 'one'))
  assert.equal((await host.agent.runCycle()).outcome, 'unchanged')
  assert.equal(host.agent.status().state?.generation, pointer.generation)
  assert.deepEqual(await workerPids(host), workers)
  assert.equal(reportPuts(host), reports)
})

test('an unchanged channel costs one conditional request', async (t) => {
  const host = await startAgentHost(t)
  await host.channel.publish(webRelease(host.port, 'one'))
  await host.agent.runCycle()
  const before = host.s3.requests.length
  assert.equal((await host.agent.runCycle()).outcome, 'unchanged')
  assert.deepEqual(
    host.s3.requests.slice(before).map(({ method, key }) => `${method} ${key}`),
    ['GET channels/current.json'],
  )
})

test('a host may listen elsewhere than the release says', async (t) => {
  const host = await startAgentHost(t, { settings: { listens: {} } })
  const moved = await startAgentHost(t, { settings: { listens: { '8080': `127.0.0.1:${host.port}` } } })
  const release = webRelease(8_080, 'moved')
  const file = { ...release.files[0], content: release.files[0]?.content.replace('127.0.0.1:8080', '8080') }
  await moved.channel.publish({ ...release, files: [file as (typeof release.files)[number]] })
  assert.equal((await moved.agent.runCycle()).outcome, 'installed')
  assert.equal(await host.get(), 'moved')
})

test('stream servers go live beside http ones', async (t) => {
  const host = await startAgentHost(t)
  const backend = await startBackend(t, 'through tcp')
  const release = webRelease(host.port, 'one', { servers: [backend] })
  const content = `server { listen 127.0.0.1:${host.sparePort}; proxy_pass quayside_web; }`
  await host.channel.publish({
    ...release,
    files: [...release.files, { path: 'tcp.conf', context: 'stream', content }],
    upstreams: [testUpstream('web'), testUpstream('web', { context: 'stream' })],
  })
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  assert.equal(await fetchText(`http://127.0.0.1:${host.sparePort}/`), 'through tcp')
})

test('changes within two seconds of a reload wait and go out as one, a removed address does not wait as long', async (t) => {
  let elapsed = 0
  const host = await startAgentHost(t, { deps: { elapsed: () => performance.now() + elapsed } })
  const [a, b] = [await startBackend(t, 'a'), await startBackend(t, 'b')]
  await host.channel.publish(webRelease(host.port, 'one', { servers: [a] }))
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  await host.channel.publish(webRelease(host.port, 'two', { servers: [a] }))
  const held = await host.agent.runCycle()
  assert.equal(held.outcome, 'waiting')
  assert.equal(held.step, 'reload')
  assert.ok((held.retryInMs ?? 0) > 1_000)
  assert.equal(await host.get(), 'one')
  elapsed += 1_000
  await host.channel.publish(webRelease(host.port, 'three', { servers: [a, b] }))
  assert.equal((await host.agent.runCycle()).outcome, 'waiting')
  await host.channel.publish(webRelease(host.port, 'three', { servers: [b] }))
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  assert.equal(await host.get(), 'three')
  assert.equal(await host.get('/app'), 'b')
  assert.equal(host.events.filter(({ event }) => event === 'host-live').length, 2)
})

test('a report is sent every five minutes as a sign of life, and again soon after one that failed', async (t) => {
  const clock = { offset: 0 }
  const host = await startAgentHost(t, { deps: { elapsed: () => performance.now() + clock.offset } })
  host.s3.setFaults(({ method }) => (method === 'PUT' ? { status: 500 } : undefined))
  await host.agent.runCycle()
  host.s3.setFaults(undefined)
  await host.agent.runCycle()
  assert.equal(reportPuts(host), 1)
  clock.offset += 11_000
  await host.agent.runCycle()
  assert.equal(reportOf(host).outcome, 'waiting')
  await host.agent.runCycle()
  assert.equal(reportPuts(host), 2)
  clock.offset += 301_000
  await host.agent.runCycle()
  assert.equal(reportPuts(host), 3)
})

test('new addresses are reported at most every half minute, a new layout at once', async (t) => {
  const clock = { offset: 0 }
  const host = await startAgentHost(t, { deps: { elapsed: () => performance.now() + clock.offset } })
  const publish = async (name: string, port: number) => {
    clock.offset += 3_000
    await host.channel.publish(webRelease(host.port, name, { servers: [port] }))
    await host.agent.runCycle()
    return reportPuts(host)
  }
  assert.equal(await publish('one', host.sparePort), 1)
  assert.deepEqual([await publish('one', 9001), await publish('one', 9002)], [1, 1])
  clock.offset += 25_000
  await host.agent.runCycle()
  const { offered, applied } = reportOf(host)
  assert.deepEqual([reportPuts(host), applied?.releaseId], [2, offered?.releaseId])
  assert.equal(await publish('two', 9002), 3)
})

test('only a host that was told so takes a pointer without checking its signature', async (t) => {
  const host = await startAgentHost(t, { settings: { publicKeyFiles: [], allowUnsigned: true } })
  const { pointer } = await host.channel.publish(webRelease(host.port, 'one'))
  const { privateKey } = generateKeyPairSync('ed25519')
  await host.channel.putPointer({ ...pointer, generation: pointer.generation + 1 }, privateKey)
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  await host.channel.putPointer({ ...pointer, deployment: 'other' }, privateKey)
  assert.match((await host.agent.runCycle()).reason, /is for other\/current/)
})

test('a started agent takes over what is published until it is stopped', async (t) => {
  const host = await startAgentHost(t)
  host.agent.start()
  await host.channel.publish(webRelease(host.port, 'one'))
  await eventually('the release is served', async () => (await host.get()) === 'one')
  await host.agent.stop()
  await host.channel.publish(webRelease(host.port, 'two'))
  const requests = host.s3.requests.length
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.equal(host.s3.requests.length, requests)
  assert.equal(await host.get(), 'one')
})

/** Runs cycles until one isn't held back by the reload gate. */
export async function runUntilSettled(host: AgentHost) {
  for (;;) {
    const record = await host.agent.runCycle()
    if (record.outcome !== 'waiting' || record.retryInMs === null) return record
    await new Promise((resolve) => setTimeout(resolve, record.retryInMs ?? 0))
  }
}

async function startBackend(t: TestContext, text: string): Promise<number> {
  const server = createServer((_request, response) => response.end(text))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

function reportOf({ s3 }: AgentHost): HostReport {
  return JSON.parse(String(s3.objects(s3.bucket).get('hosts/AROATEST:i-0001.json')))
}

function reportPuts({ s3 }: AgentHost): number {
  return s3.requests.filter(({ method, key }) => method === 'PUT' && key.startsWith('hosts/')).length
}

function confirmedDirectory({ agent, settings }: AgentHost): string {
  return join(settings.stateDir, 'releases', agent.status().state?.confirmed?.configId ?? 'none')
}

async function workerPids({ nginx }: AgentHost): Promise<number[]> {
  return (await childrenOf(nginx.pid)).map(({ pid }) => pid).sort()
}

/** The status line of `/health` on the control server. */
async function health({ settings }: AgentHost): Promise<string> {
  const socket = connect(settings.control.http, '127.0.0.1')
  socket.end('GET /health HTTP/1.0\r\n\r\n')
  let text = ''
  for await (const part of socket) text += String(part)
  return text.split(' ')[1] ?? ''
}
