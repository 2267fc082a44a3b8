import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { healthOf } from '../../core/host/health.ts'
import { webRelease } from '../support/agent-host.ts'
import { type ClockedHost, startRunningHost, workerPids } from '../support/clocked-host.ts'
import { eventually } from '../support/eventually.ts'

/** nginx is started with a main configuration that includes no entry file. */
async function startWithout(host: ClockedHost): Promise<string> {
  const main = await readFile(host.nginx.mainConf, 'utf8')
  await writeFile(host.nginx.mainConf, main.replace(/include .*;/g, ''))
  await host.nginx.restart()
  return main
}

test('an nginx that was started with something else gets what was confirmed, and the log says so', async (t) => {
  const host = await startRunningHost(t)
  await writeFile(host.nginx.mainConf, await startWithout(host))
  assert.equal(await host.get(), 'ECONNREFUSED')
  for (let i = 0; i < 3; i += 1) await host.cycle()
  assert.equal(await host.get(), 'one')
  assert.equal(host.events.filter(({ event }) => event === 'host-unserved').length, 1)
  const workers = await workerPids(host)
  for (let i = 0; i < 4; i += 1) assert.equal((await host.cycle()).outcome, 'unchanged')
  assert.deepEqual(await workerPids(host), workers)
})

test('a reload by somebody else without the entry files is noticed, and mended once they are included again', async (t) => {
  const host = await startRunningHost(t)
  await host.cycle()
  const main = await readFile(host.nginx.mainConf, 'utf8')
  await writeFile(host.nginx.mainConf, main.replace(/include .*;/g, ''))
  host.nginx.hup()
  await eventually('nothing is served', async () => (await host.get()) === 'ECONNREFUSED')
  for (let i = 0; i < 20; i += 1) await host.cycle()
  assert.match(healthOf(await host.agent.view()).reason, /does not serve what was confirmed/)
  await writeFile(host.nginx.mainConf, main)
  await host.cycle()
  assert.equal(await host.get(), 'one')
})

test('an nginx that has no time to answer is not reloaded for it', async (t) => {
  const host = await startRunningHost(t)
  const workers = await workerPids(host)
  const signal = (name: NodeJS.Signals) => {
    for (const pid of workers) process.kill(pid, name)
  }
  signal('SIGSTOP')
  const seen = new Set<string>()
  for (let i = 0; i < 4; i += 1) seen.add((await host.cycle()).outcome)
  signal('SIGCONT')
  assert.deepEqual([...seen], ['unchanged'])
  assert.deepEqual(await workerPids(host), workers)
  assert.equal(await host.get(), 'one')
})

test('where loading it again can’t help, nginx is left alone and the host is in trouble', async (t) => {
  const host = await startRunningHost(t)
  await startWithout(host)
  const workers = await workerPids(host)
  let last = await host.cycle()
  for (let i = 0; i < 20; i += 1) last = await host.cycle()
  assert.equal(last.outcome, 'failed')
  assert.match(last.reason, /does not serve what was confirmed.*no line "include/)
  assert.deepEqual(await workerPids(host), workers)
  assert.equal(healthOf(await host.agent.view()).working, false)
})

test('what nginx’s next start needs is made again also while the offered layout fails', async (t) => {
  const host = await startRunningHost(t)
  await host.channel.publish(webRelease(host.port, 'two', { extra: 'nonsense;' }))
  assert.equal((await host.cycle()).outcome, 'rejected')
  await rm(join(host.settings.stateDir, 'releases'), { recursive: true })
  for (let i = 0; i < 4; i += 1) await host.cycle()
  await host.nginx.restart()
  assert.equal(await host.get(), 'one')
})
