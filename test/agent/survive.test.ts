import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { foldersOf } from '../../agent/folders.ts'
import { parseAgentSettings } from '../../agent/settings.ts'
import { openStateFile } from '../../agent/state-file.ts'
import { parseState } from '../../core/host/host-state.ts'
import { channelKey } from '../../core/release/keys.ts'
import type { HostReport } from '../../core/release/report.ts'
import { type AgentHost, startAgentHost, webRelease } from '../support/agent-host.ts'
import { eventually } from '../support/eventually.ts'
import { tempDir } from '../support/tmp.ts'

test('what was downloaded before a failure is not downloaded again', async (t) => {
  const host = await runningHost(t)
  const many = Array.from({ length: 20 }, (_, i) => ({
    path: `many/${i}.conf`,
    context: 'http' as const,
    content: `map $host $many_${i} { default ${i}; }\n`,
  }))
  const release = webRelease(host.port, 'many')
  await host.channel.publish({ ...release, files: [...release.files, ...many] })
  let reads = 0
  const failing = { status: 503, code: 'SlowDown' } as const
  host.s3.setFaults(({ key }) => {
    if (key.startsWith('blobs/')) reads += 1
    return key.startsWith('blobs/') && reads % 4 === 0 ? failing : undefined
  })
  const outcomes = []
  for (let i = 0; i < 12 && outcomes.at(-1) !== 'installed'; i += 1)
    outcomes.push((await host.agent.runCycle()).outcome)
  assert.equal(outcomes.at(-1), 'installed', outcomes.join(' '))
})

test('a channel object that is gone is a failure that says so, and nginx serves on', async (t) => {
  const host = await runningHost(t)
  const { client, bucket } = host.s3
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: channelKey('current') }))
  const record = await host.agent.runCycle()
  assert.deepEqual([record.outcome, record.step], ['failed', 'poll'])
  assert.match(record.reason, /channels\/current\.json .*gone/)
  assert.equal(await host.get(), 'one')
})

test('a lower generation than a staged one is refused also by an agent that lost its state file', async (t) => {
  const host = await runningHost(t)
  await host.channel.publish(webRelease(host.port, 'two'))
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  await host.channel.putPointer(host.first.pointer)
  for (const damage of [() => rm(stateFile(host)), () => writeFile(stateFile(host), '{"schema":1,')]) {
    await damage()
    const later = host.restartAgent()
    await later.runCycle()
    assert.match((await later.runCycle()).reason, /is lower than/)
    assert.equal(await host.get(), 'two')
  }
})

test('a staged directory that vanished is made again, by a running agent and by the next one', async (t) => {
  const host = await runningHost(t)
  const release = () =>
    join(host.settings.stateDir, 'releases', host.agent.status().state?.confirmed?.configId ?? '')
  for (const agent of [() => host.agent, () => host.restartAgent()]) {
    await rm(release(), { recursive: true })
    host.clock.offset += 11_000
    const now = agent()
    await now.runCycle()
    await now.runCycle()
    await readFile(join(release(), 'release.json'))
    await host.nginx.restart()
    assert.equal(await host.get(), 'one')
  }
})

test('entry files that somebody emptied under a running agent are written again', async (t) => {
  const host = await runningHost(t)
  const before = await readFile(host.settings.entries.http, 'utf8')
  await writeFile(host.settings.entries.http, '')
  await host.agent.runCycle()
  await host.agent.runCycle()
  assert.equal(await readFile(host.settings.entries.http, 'utf8'), before)
})

test('entry files that somebody emptied are written again by the next agent', async (t) => {
  const host = await runningHost(t)
  await writeFile(host.settings.entries.http, '')
  assert.equal((await host.restartAgent().runCycle()).reason, 'found in use')
  await host.nginx.restart()
  assert.equal(await host.get(), 'one')
})

test('an nginx that may not be signalled keeps the entry files that it runs', async (t) => {
  const host = await runningHost(t)
  const before = await readFile(host.settings.entries.http, 'utf8')
  const kill = process.kill
  t.after(() => {
    process.kill = kill
  })
  process.kill = (pid, signal) => {
    if (signal === 'SIGHUP') throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' })
    return kill(pid, signal)
  }
  await host.channel.publish(webRelease(host.port, 'two'))
  const record = await host.agent.runCycle()
  assert.equal(record.step, 'reload')
  assert.match(record.reason, /could not signal nginx .*CAP_KILL/)
  assert.equal(await readFile(host.settings.entries.http, 'utf8'), before)
})

test('entry files that could not be restored are written as soon as they can, and what failed is not tried again', async (t) => {
  const host = await runningHost(t)
  const path = host.settings.entries.http
  const before = await readFile(path, 'utf8')
  const other = createServer().listen(host.sparePort, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const inServer = `listen 127.0.0.1:${host.sparePort};`
  await host.channel.publish(webRelease(host.port, 'two', { inServer }))
  const cycle = host.agent.runCycle()
  const log = () => readFile(host.nginx.errorLog, 'utf8')
  await eventually('nginx tries to bind', async () => (await log()).includes('try again to bind'))
  await rm(path)
  await mkdir(path)
  const record = await cycle
  assert.match(record.reason, /still could not bind.*entry files could not be restored/)
  await rmdir(path)
  host.clock.offset += 5_000
  const next = await host.agent.runCycle()
  assert.equal(next.timings.reload, undefined)
  assert.equal(await readFile(path, 'utf8'), before)
  assert.equal(await host.get(), 'one')
})

test('a state file that can’t be written causes no second reload, and is written once it can', async (t) => {
  const host = await runningHost(t)
  await host.channel.publish(webRelease(host.port, 'two'))
  const release = await blockState(host)
  const first = await host.agent.runCycle()
  assert.equal(first.outcome, 'failed')
  assert.match(first.reason, /could not write the state file/)
  const reports = reportOf(host)
  assert.equal(reports.outcome, 'failed', 'the report tells of the disk')
  await release()
  host.clock.offset += 5_000
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
})

test('unfinished entry files of a killed agent are removed where the entry files lie', async (t) => {
  const host = await runningHost(t)
  const folder = dirname(host.settings.entries.http)
  await writeFile(`${host.settings.entries.http}.tmp-1-1`, '')
  await writeFile(join(folder, 'other.tmp-1-1'), '')
  await host.channel.publish(webRelease(host.port, 'two'))
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.includes('.tmp-')),
    ['other.tmp-1-1'],
  )
})

test('entry files that were emptied and loaded are put back and loaded again, also with S3 away', async (t) => {
  const host = await runningHost(t)
  await writeFile(host.settings.entries.http, '')
  host.nginx.hup()
  await eventually('nginx serves nothing', async () => (await host.get()) !== 'one')
  host.s3.setFaults(() => ({ status: 503, code: 'SlowDown' }))
  await host.agent.runCycle()
  assert.equal(await host.get(), 'one')
})

test('another health port is taken over by the next agent; one that is taken leaves what nginx runs', async (t) => {
  const host = await runningHost(t)
  const entry = () => readFile(host.settings.entries.http, 'utf8')
  const before = await entry()
  const other = createServer().listen(host.sparePort, '0.0.0.0')
  await once(other, 'listening')
  const restarted = () => host.restartAgent({}, { healthPort: host.sparePort })
  const first = restarted()
  await first.runCycle()
  const refused = await first.runCycle()
  assert.match(refused.reason, /could not bind/)
  assert.equal(await entry(), before)
  other.close()
  await once(other, 'close')
  await rm(stateFile(host))
  const second = restarted()
  for (let i = 0; i < 3; i += 1) {
    await second.runCycle()
    host.clock.offset += 11_000
  }
  assert.equal((await fetch(`http://127.0.0.1:${host.sparePort}/health`)).status, 200)
  assert.equal(await host.get(), 'one')
})

test('what the disk would not take is in force and written later', async (t) => {
  const folders = foldersOf(tempDir(t))
  const log = { info: () => undefined, warn: () => undefined }
  await mkdir(folders.state)
  const state = await openStateFile(folders, { deployment: 'd', channel: 'c' }, log)
  const next = { ...state.current, generation: 7 }
  await assert.rejects(state.save(next), /could not write the state file/)
  assert.equal(state.current.generation, 7)
  await rmdir(folders.state)
  await state.save(next)
  assert.equal(parseState(await readFile(folders.state, 'utf8')).generation, 7)
})

test('a key file that holds no key is a problem of the settings, named', () => {
  const members = {
    bucket: 'releases',
    region: 'eu-central-1',
    deployment: 'test',
    publicKeyFiles: ['/k.pem'],
  }
  assert.throws(() => parseAgentSettings(members, () => 'no key'), /\/k\.pem can't be used: .*not a PEM/)
})

async function runningHost(t: TestContext) {
  const clock = { offset: 0 }
  const host = await startAgentHost(t, { deps: { elapsed: () => performance.now() + clock.offset } })
  const first = await host.channel.publish(webRelease(host.port, 'one'))
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  clock.offset += 5_000
  return { ...host, clock, first }
}

function stateFile({ settings }: AgentHost): string {
  return join(settings.stateDir, 'state.json')
}

/** A directory in its place is what no file can be renamed to. Resolves with what undoes it. */
async function blockState(host: AgentHost): Promise<() => Promise<void>> {
  await rm(stateFile(host))
  await mkdir(stateFile(host))
  return () => rmdir(stateFile(host))
}

function reportOf({ s3 }: AgentHost): HostReport {
  return JSON.parse(String(s3.objects(s3.bucket).get('hosts/AROATEST:i-0001.json')))
}
