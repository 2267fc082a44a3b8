import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { appendFile, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { childrenOf } from '../../adapters/process-table.ts'
import type { Pointer } from '../../core/release/channel.ts'
import { blobKey } from '../../core/release/keys.ts'
import type { HostReport } from '../../core/release/report.ts'
import { type AgentHost, startAgentHost, webRelease } from '../support/agent-host.ts'

const minute = 60_000

/** A host that runs release "one" and whose clocks a test can move. */
async function runningHost(t: Parameters<typeof startAgentHost>[0], settings: Record<string, unknown> = {}) {
  const clock = { offset: 0 }
  const host = await startAgentHost(t, {
    settings,
    deps: { now: () => Date.now() + clock.offset, elapsed: () => performance.now() + clock.offset },
  })
  const first = await host.channel.publish(webRelease(host.port, 'one'))
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  clock.offset += 5_000
  return { ...host, clock, first }
}

test('a layout that nginx refuses changes nothing, and new endpoints go on to the confirmed layout', async (t) => {
  const host = await runningHost(t)
  const bad = webRelease(host.port, 'two', { inServer: 'no_such_directive on;' })
  await host.channel.publish(bad)
  const record = await host.agent.runCycle()
  assert.equal(record.outcome, 'rejected')
  assert.equal(record.step, 'test')
  assert.match(record.reason, /unknown directive "no_such_directive".*web\/routes\.conf/)
  assert.equal(await host.get(), 'one')
  await host.channel.publish({
    ...bad,
    sources: { 'web@dc1': [{ address: '127.0.0.1', port: host.sparePort, weight: 1 }] },
  })
  assert.equal((await host.agent.runCycle()).outcome, 'endpoints')
  assert.equal(await host.get(), 'one')
  assert.equal(await host.get('/app'), '502', 'the new server is in use and nobody listens there')
  const report = reportOf(host)
  assert.equal(report.outcome, 'rejected')
  assert.notEqual(report.applied?.layout, report.offered?.layout)
  const { generation, confirmed } = host.agent.status().state ?? assert.fail('no state')
  assert.equal(confirmed?.generation, generation)
})

test('a bad layout is tried again after 1 minute, then after 5, and at once when the host changed', async (t) => {
  const host = await runningHost(t)
  await host.channel.publish(webRelease(host.port, 'two', { inServer: 'no_such_directive on;' }))
  await host.agent.runCycle()
  const tried = async () => {
    const { timings } = await host.agent.runCycle()
    return timings.test !== undefined
  }
  assert.equal(await tried(), false)
  host.clock.offset += minute
  assert.equal(await tried(), true)
  host.clock.offset += minute
  assert.equal(await tried(), false)
  await appendFile(host.nginx.mainConf, '# changed by the operator\n')
  assert.equal(await tried(), true)
})

test('endpoints that fail on a confirmed layout are remembered, and the ones before stay', async (t) => {
  const host = await runningHost(t)
  const one = await readFile(host.settings.entries.http, 'utf8')
  await appendFile(host.nginx.mainConf, 'no_such_directive on;\n')
  await host.channel.publish(webRelease(host.port, 'one', { servers: [host.sparePort] }))
  assert.equal((await host.agent.runCycle()).outcome, 'rejected')
  assert.equal(await readFile(host.settings.entries.http, 'utf8'), one)
  const { bad, confirmed } = host.agent.status().state ?? {}
  assert.notEqual(bad?.[0]?.id, confirmed?.layout.sha256)
  assert.equal((await host.agent.runCycle()).outcome, 'rejected')
})

test('a port that another process holds passes the test, fails at the reload, and is rolled back', async (t) => {
  const host = await runningHost(t)
  const other = createServer()
  other.listen(host.sparePort, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const workers = await workerPids(host)
  await host.channel.publish(
    webRelease(host.port, 'two', { inServer: `listen 127.0.0.1:${host.sparePort};` }),
  )
  const record = await host.agent.runCycle()
  assert.equal(record.outcome, 'rolled-back')
  assert.match(record.reason, /still could not bind\(\).*went on with/)
  assert.equal(await host.get(), 'one')
  assert.deepEqual(await workerPids(host), workers, 'no second HUP was needed')
  assert.match(await readFile(host.settings.entries.http, 'utf8'), new RegExp(confirmedId(host)))
})

test('a zone whose parameters changed under its name is noticed in the error log and rolled back', async (t) => {
  const host = await startAgentHost(t)
  const zone = (key: string) => `limit_req_zone ${key} zone=same:64k rate=5r/s;`
  await host.channel.publish(webRelease(host.port, 'one', { extra: zone('$binary_remote_addr') }))
  await host.agent.runCycle()
  const later = host.restartAgent()
  await later.runCycle()
  await host.channel.publish(webRelease(host.port, 'two', { extra: zone('$host') }))
  const record = await later.runCycle()
  assert.equal(record.outcome, 'rolled-back')
  assert.match(record.reason, /limit_req "same" uses the "\$host" key/)
  assert.equal(await host.get(), 'one')
})

test('content that was damaged on its way is not used, and taken once it is right', async (t) => {
  const host = await runningHost(t)
  const { pointer } = await host.channel.publish(webRelease(host.port, 'two', { servers: [host.sparePort] }))
  const key = blobKey(pointer.endpoints.sha256)
  const right = host.s3.objects(host.s3.bucket).get(key) ?? Buffer.alloc(0)
  for (const wrong of ['{}', 'x'.repeat(pointer.endpoints.size), 'y'.repeat(20_000), right.subarray(0, 20)]) {
    await host.channel.put(key, wrong)
    const record = await host.agent.runCycle()
    assert.equal(record.outcome, 'failed')
    assert.equal(record.step, 'fetch')
  }
  assert.equal(await host.get(), 'one')
  await host.channel.put(key, right)
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  assert.equal(await host.get(), 'two')
})

test('a pointer that is not genuine, or older, is refused and named in the report', async (t) => {
  const host = await runningHost(t)
  const { pointer } = host.first
  const stranger = generateKeyPairSync('ed25519').privateKey
  const next = { ...pointer, generation: pointer.generation + 100 }
  const cases: [string, Pointer, RegExp, typeof stranger?][] = [
    ['signature', next, /a signature that key .* did not make/, stranger],
    ['deployment', { ...next, deployment: 'other' }, /belongs to deployment other/],
    ['channel', { ...next, channel: 'canary' }, /is the one of channel canary/],
    ['generation', { ...pointer, generation: pointer.generation - 1 }, /is lower than/],
    ['content', { ...pointer, created: new Date(0).toISOString() }, /came before with other content/],
  ]
  for (const [what, wrong, reason, signer] of cases) {
    await host.channel.putPointer(wrong, signer)
    const record = await host.agent.runCycle()
    assert.equal(record.outcome, 'rejected', what)
    assert.equal(record.step, 'verify', what)
    assert.match(record.reason, reason)
    assert.equal(reportOf(host).reason, record.reason)
    assert.equal((await host.agent.runCycle()).outcome, 'rejected', 'it still says so when nothing changed')
  }
  assert.equal(host.events.filter(({ event }) => event === 'host-rejected').length, cases.length)
  assert.equal(await host.get(), 'one')
})

test('a replayed older pointer is refused by the next agent too', async (t) => {
  const host = await runningHost(t)
  await host.channel.publish(webRelease(host.port, 'two'))
  await host.agent.runCycle()
  await host.channel.putPointer(host.first.pointer)
  assert.match((await host.restartAgent().runCycle()).reason, /is lower than/)
  assert.equal(await host.get(), 'two')
})

test('a release may name no certificate file that the host does not have', async (t) => {
  const host = await runningHost(t)
  const certificate = 'ssl_certificate /nowhere/site.pem; ssl_certificate_key /nowhere/site.key;'
  await host.channel.publish(webRelease(host.port, 'two', { inServer: certificate }))
  const record = await host.agent.runCycle()
  assert.equal(record.outcome, 'rejected')
  assert.match(record.reason, /web\/routes\.conf needs the certificate file \/nowhere\/site\.pem/)
})

test('a release may listen on no port outside the list of the host', async (t) => {
  const host = await startAgentHost(t, { settings: { allowedPorts: [1, 2] } })
  await host.channel.publish(webRelease(host.port, 'one'))
  const record = await host.agent.runCycle()
  assert.equal(record.outcome, 'rejected')
  assert.match(record.reason, /listens on port \d+; allowedPorts of this host are 1, 2/)
})

test('stream servers on a host without a stream entry are refused with what to do', async (t) => {
  const host = await startAgentHost(t, { settings: { stream: false } })
  const content = `server { listen 127.0.0.1:${host.sparePort}; return ok; }`
  await host.channel.publish({ files: [{ path: 'tcp.conf', context: 'stream', content }] })
  const record = await host.agent.runCycle()
  assert.equal(record.outcome, 'rejected')
  assert.match(record.reason, /set "stream": true/)
})

test('a host without a confirmed release falls back to the previous layout when the current one fails', async (t) => {
  const host = await startAgentHost(t)
  const { layout } = await host.channel.publish(webRelease(host.port, 'previous'))
  const bad = webRelease(host.port, 'current', { inServer: 'no_such_directive on;' })
  await host.channel.publish(bad, { previousLayout: layout })
  assert.equal((await host.agent.runCycle()).outcome, 'rejected')
  const record = await host.agent.runCycle()
  assert.equal(record.outcome, 'installed')
  assert.equal(record.reason, 'previous layout')
  assert.equal(await host.get(), 'previous')
  assert.equal(reportOf(host).outcome, 'rejected')
})

test('an expired pointer means: keep serving and say STALE; a first boot takes it all the same', async (t) => {
  const host = await startAgentHost(t)
  await host.channel.publish(webRelease(host.port, 'one'), { expires: '2020-01-01T00:00:00Z' })
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  assert.equal((await host.agent.runCycle()).outcome, 'stale')
  assert.equal(reportOf(host).outcome, 'stale')
  await host.channel.publish(webRelease(host.port, 'two'), { expires: '2020-01-01T00:00:00Z' })
  assert.equal((await host.agent.runCycle()).outcome, 'stale')
  assert.equal(await host.get(), 'one')
})

function reportOf({ s3 }: AgentHost): HostReport {
  return JSON.parse(String(s3.objects(s3.bucket).get('hosts/AROATEST:i-0001.json')))
}

function confirmedId({ agent }: AgentHost): string {
  return agent.status().state?.confirmed?.configId ?? 'none'
}

async function workerPids({ nginx }: AgentHost): Promise<number[]> {
  return (await childrenOf(nginx.pid)).map(({ pid }) => pid).sort()
}
