import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import { childrenOf } from '../../adapters/process-table.ts'
import type { HostReport } from '../../core/release/report.ts'
import { type AgentHost, startAgentHost, webRelease } from '../support/agent-host.ts'
import { servedCertificate, startSite } from '../support/certificates.ts'

/** A host that serves a release with a certificate, and a clock that each cycle moves past every interval. */
async function secureHost(t: TestContext, { now = () => Date.now() } = {}) {
  const clock = { offset: 0 }
  const site = await startSite(t)
  const host = await startAgentHost(t, { deps: { now, elapsed: () => performance.now() + clock.offset } })
  const { cert, key } = site.site
  const inServer = `listen 127.0.0.1:${host.sparePort} ssl; ssl_certificate ${cert}; ssl_certificate_key ${key};`
  const publish = (text: string) => host.channel.publish(webRelease(host.port, text, { inServer }))
  const cycle = (agent = host.agent) => {
    clock.offset += 3_000
    return agent.runCycle()
  }
  await publish('one')
  assert.equal((await cycle()).outcome, 'installed')
  const told = (name: string) => host.events.filter(({ event }) => event === name)
  const served = () => servedCertificate(host.sparePort)
  const problem = async () => (await host.agent.view()).certificates.problem
  return { ...host, ...site, publish, cycle, served, clock, told, problem }
}

const fingerprint = (file: string) => new X509Certificate(readFileSync(file)).fingerprint256

test('a new pair at the same place is loaded by new workers, with the entry files as they are', async (t) => {
  const host = await secureHost(t)
  assert.equal(await host.served(), fingerprint(host.first.cert))
  const [entry, workers] = [await readFile(host.settings.entries.http, 'utf8'), await workerPids(host)]
  await host.put(host.second)
  const record = await host.cycle()
  assert.equal(record.outcome, 'unchanged')
  assert.ok(record.timings.confirm !== undefined)
  assert.equal(await host.served(), fingerprint(host.second.cert))
  assert.equal(await readFile(host.settings.entries.http, 'utf8'), entry)
  assert.ok((await workerPids(host)).every((pid) => !workers.includes(pid)))
  assert.deepEqual(
    host.told('host-reloaded').map(({ why }) => why),
    ['certificates'],
  )
  await host.cycle()
  assert.equal(host.told('host-reloaded').length, 1)
})

test('files that are written again with what they held cost no reload', async (t) => {
  const host = await secureHost(t)
  await host.put(host.first)
  assert.equal((await host.cycle()).timings.confirm, undefined)
})

test('a half-written pair touches neither nginx nor the release, and is loaded when it is whole', async (t) => {
  const host = await secureHost(t)
  const workers = await workerPids(host)
  await host.put(host.second, ['cert'])
  await host.cycle()
  assert.match((await host.problem()) ?? '', /key values mismatch|PrivateKey/)
  await host.publish('two')
  const offered = await host.cycle()
  assert.deepEqual([offered.outcome, offered.step], ['waiting', 'test'])
  assert.equal((await host.cycle()).timings.test, undefined, 'the same files are not tried with every poll')
  assert.deepEqual(host.agent.status().state?.bad, [])
  assert.deepEqual(await workerPids(host), workers)
  assert.equal(host.told('host-reload-refused').length, 1)
  await host.put(host.second, ['key'])
  const whole = await host.cycle()
  assert.equal(whole.outcome, 'installed', whole.reason)
  assert.deepEqual([await host.get(), await host.problem()], ['two', null])
  assert.equal(await host.served(), fingerprint(host.second.cert))
})

test('a certificate that nginx refuses is reported, left alone, and tried when it changes', async (t) => {
  const host = await secureHost(t)
  await writeFile(host.site.cert, 'no certificate')
  for (let i = 0; i < 3; i += 1) await host.cycle()
  assert.equal(host.told('host-reload-refused').length, 1)
  assert.match(reportOf(host).certificates ?? '', /cannot load certificate .*site\.pem/)
  assert.equal(reportOf(host).outcome, 'unchanged', 'the layout is not to blame')
  await host.put(host.first)
  await host.cycle()
  assert.equal(await host.problem(), null)
  assert.equal(reportOf(host).certificates, undefined)
  assert.equal(host.told('host-reloaded').length, 0, 'nginx has had this content all the time')
})

test('what was renewed while no agent ran, or with S3 away, is loaded too', async (t) => {
  const host = await secureHost(t)
  await host.put(host.second)
  host.s3.setFaults(() => ({ status: 503, code: 'SlowDown' }))
  await host.cycle(host.restartAgent())
  assert.equal(await host.served(), fingerprint(host.second.cert))
})

test('a layout whose certificate is missing is tried again as soon as the file is there', async (t) => {
  // An hour later: files that have just been written would only be waited for.
  const host = await secureHost(t, { now: () => Date.now() + 3_600_000 })
  const other = await startSite(t)
  await rm(other.site.cert)
  const { cert, key } = other.site
  const inServer = `listen 127.0.0.1:${host.sparePort} ssl; ssl_certificate ${cert}; ssl_certificate_key ${key};`
  await host.channel.publish(webRelease(host.port, 'two', { inServer }))
  const missing = await host.cycle()
  assert.deepEqual([missing.outcome, missing.step], ['rejected', 'test'])
  assert.equal((await host.cycle()).timings.test, undefined)
  await other.put(other.first)
  assert.equal((await host.cycle()).outcome, 'installed')
  assert.equal(await host.served(), fingerprint(other.first.cert))
})

test('no key leaves its file: neither in a log nor in the state, nor in what is told', async (t) => {
  const host = await secureHost(t)
  await host.put(host.second, ['key'])
  await host.cycle()
  const key = (await readFile(host.second.key, 'utf8')).split('\n')[1] ?? assert.fail('no key')
  const words = JSON.stringify([host.events, await host.agent.view(), host.agent.status()])
  assert.ok(key.length > 20 && !words.includes(key) && !words.includes('PRIVATE'))
})

test('the first end of a certificate is told', async (t) => {
  const host = await secureHost(t)
  const { files, expires } = (await host.agent.view()).certificates
  const end = new X509Certificate(readFileSync(host.first.cert)).validTo
  assert.deepEqual([files, expires], [2, Date.parse(end)])
})

test('a reload that is asked for is tested and confirmed, and its refusal says why and touches nothing', async (t) => {
  const host = await secureHost(t)
  const workers = await workerPids(host)
  const [asked, too] = [host.agent.reload(), host.agent.reload()]
  await host.cycle()
  assert.deepEqual(
    [await asked, await too],
    [
      { done: true, reason: '' },
      { done: true, reason: '' },
    ],
  )
  const after = await workerPids(host)
  assert.ok(after.every((pid) => !workers.includes(pid)))
  const main = await readFile(host.nginx.mainConf, 'utf8')
  await writeFile(host.nginx.mainConf, `no_such_directive;\n${main}`)
  const refused = host.agent.reload()
  await host.cycle()
  const { done, reason } = await refused
  assert.equal(done, false)
  assert.match(reason, /unknown directive "no_such_directive"/)
  assert.deepEqual(await workerPids(host), after)
  await writeFile(host.nginx.mainConf, main)
  await host.nginx.stop()
  const late = host.agent.reload()
  await host.cycle()
  assert.match((await late).reason, /nginx is not running/)
})

test('a reload that kills the workers is told, and they come back when the cause is gone', async (t) => {
  const host = await secureHost(t)
  const main = await readFile(host.nginx.mainConf, 'utf8')
  await writeFile(host.nginx.mainConf, `working_directory /nowhere/at/all;\n${main}`)
  const asked = host.agent.reload()
  await host.cycle()
  assert.match((await asked).reason, /cannot be respawned/)
  await writeFile(host.nginx.mainConf, main)
  await host.cycle()
  assert.equal(await host.get(), 'one')
  assert.equal(await host.served(), fingerprint(host.first.cert))
})

test('an agent that has not opened its files yet answers at once', async (t) => {
  const host = await startAgentHost(t)
  assert.equal((await host.agent.reload()).done, false)
})

function reportOf({ s3 }: AgentHost): HostReport {
  return JSON.parse(String(s3.objects(s3.bucket).get('hosts/AROATEST:i-0001.json')))
}

async function workerPids({ nginx }: AgentHost): Promise<number[]> {
  const workers = await childrenOf(nginx.pid)
  return workers.filter(({ title }) => title === 'nginx: worker process').map(({ pid }) => pid)
}
