import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type AgentHost, startAgentHost, webRelease } from '../support/agent-host.ts'

test('with nginx down a tested release waits in the entry files, and is confirmed once nginx runs', async (t) => {
  const host = await startAgentHost(t)
  await host.nginx.stop()
  await host.channel.publish(webRelease(host.port, 'one'))
  const record = await host.agent.runCycle()
  assert.equal(record.outcome, 'waiting')
  assert.match(record.reason, /HOST_NGINX_DOWN/)
  assert.equal((await host.agent.runCycle()).outcome, 'waiting')
  assert.deepEqual(host.agent.status().state?.bad, [])
  assert.equal(host.events.filter(({ event }) => event === 'host-waiting').length, 1)
  await host.nginx.restart()
  assert.equal(await host.get(), 'one', 'nginx starts with the release')
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  assert.equal(host.agent.status().state?.pending, null)
})

test('an nginx that stops later is reported, and found again', async (t) => {
  const host = await startClockedHost(t)
  await host.channel.publish(webRelease(host.port, 'one'))
  await host.agent.runCycle()
  assert.equal((await host.agent.runCycle()).outcome, 'unchanged')
  await host.nginx.stop()
  host.clock.offset += 3_000
  assert.match((await host.agent.runCycle()).reason, /HOST_NGINX_DOWN/)
  await host.nginx.restart()
  host.clock.offset += 3_000
  assert.equal((await host.agent.runCycle()).outcome, 'unchanged')
})

test('a channel that goes back while nginx is down leaves what it says in the entry files', async (t) => {
  const host = await startAgentHost(t)
  await host.channel.publish(webRelease(host.port, 'one'))
  await host.agent.runCycle()
  await host.nginx.stop()
  await host.channel.publish(webRelease(host.port, 'two'))
  assert.equal((await host.agent.runCycle()).outcome, 'waiting')
  await host.channel.publish(webRelease(host.port, 'one'))
  assert.equal((await host.agent.runCycle()).outcome, 'waiting')
  await host.nginx.restart()
  assert.equal(await host.get(), 'one')
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
})

test('workers that die at their start are noticed, and come back with the first configuration that works', async (t) => {
  const host = await startClockedHost(t)
  await host.channel.publish(webRelease(host.port, 'one'))
  await host.agent.runCycle()
  const main = await readFile(host.nginx.mainConf, 'utf8')
  await writeFile(host.nginx.mainConf, `working_directory /nowhere/at/all;\n${main}`)
  await host.channel.publish(webRelease(host.port, 'two'))
  const later = host.restartAgent()
  const record = await later.runCycle()
  assert.equal(record.outcome, 'rolled-back')
  assert.match(record.reason, /cannot be respawned.*restoring configuration \w+ failed too/)
  await writeFile(host.nginx.mainConf, main)
  await waitFor(host, 'two', () => {
    host.clock.offset += 3_000
    return later.runCycle()
  })
})

test('with S3 away nginx serves on, also after a restart of both, and the agent catches up', async (t) => {
  const host = await startAgentHost(t)
  await host.channel.publish(webRelease(host.port, 'one'))
  await host.agent.runCycle()
  host.s3.setFaults(() => 'reset')
  const record = await host.agent.runCycle()
  assert.equal(record.outcome, 'failed')
  assert.equal(record.step, 'poll')
  await host.nginx.restart()
  const later = host.restartAgent()
  assert.equal((await later.runCycle()).outcome, 'failed')
  assert.equal(await host.get(), 'one')
  host.s3.setFaults(undefined)
  await host.channel.publish(webRelease(host.port, 'two'))
  assert.equal((await later.runCycle()).outcome, 'installed')
})

test('a swap without its reload is completed by the next agent', async (t) => {
  const host = await startClockedHost(t)
  const { one, two } = await twoStaged(host)
  await putEntries(host, one, two)
  assert.equal((await host.restartAgent().runCycle()).outcome, 'unchanged')
  assert.equal(await host.get(), 'one', 'what was confirmed goes back, since the channel wants it')
  assert.match(await readFile(host.settings.entries.http, 'utf8'), new RegExp(one))
})

test('a reload that nobody confirmed any more is confirmed by the next agent', async (t) => {
  const host = await startClockedHost(t)
  const { one, two } = await twoStaged(host)
  await putEntries(host, one, two)
  host.nginx.hup()
  await waitFor(host, 'two')
  await host.channel.publish(webRelease(host.port, 'two'))
  const later = host.restartAgent()
  // On a busy machine the workers of before may still be on their way out.
  let { outcome } = await later.runCycle()
  for (let cycle = 1; cycle < 20 && outcome === 'waiting'; cycle++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    outcome = (await later.runCycle()).outcome
  }
  assert.equal(outcome, 'installed')
  assert.equal(later.status().state?.confirmed?.configId, two)
  assert.equal(await host.get(), 'two')
})

test('a state file that is lost or unreadable costs the memory, never the service', async (t) => {
  const host = await startAgentHost(t)
  await host.channel.publish(webRelease(host.port, 'one'))
  await host.agent.runCycle()
  const { configId } = host.agent.status().state?.confirmed ?? {}
  await writeFile(join(host.settings.stateDir, 'state.json'), '{"schema":1,"dep')
  const later = host.restartAgent()
  assert.equal((await later.runCycle()).outcome, 'installed')
  assert.equal(later.status().state?.confirmed?.configId, configId)
  assert.equal(host.events.filter(({ event }) => event === 'host-state-lost').length, 1)
})

test('what a killed agent left behind is removed before anything is fetched', async (t) => {
  const host = await startAgentHost(t)
  await host.channel.publish(webRelease(host.port, 'one'))
  await host.agent.runCycle()
  const { stateDir } = host.settings
  const [orphan, stray] = [join(stateDir, 'releases', 'abc.tmp-1-1'), join(stateDir, 'blobs', 'f'.repeat(64))]
  await mkdir(join(orphan, 'files'), { recursive: true })
  await writeFile(stray, 'x')
  await host.channel.publish(webRelease(host.port, 'two'))
  await host.agent.runCycle()
  assert.deepEqual(
    (await readdir(join(stateDir, 'releases'))).filter((name) => name.includes('.tmp-')),
    [],
  )
  assert.ok(!(await readdir(join(stateDir, 'blobs'))).includes('f'.repeat(64)))
})

test('a damaged blob on disk is fetched again', async (t) => {
  const host = await startAgentHost(t)
  const { pointer } = await host.channel.publish(webRelease(host.port, 'one'))
  await host.agent.runCycle()
  const blob = join(host.settings.stateDir, 'blobs', pointer.endpoints.sha256)
  const right = await readFile(blob, 'utf8')
  await writeFile(blob, 'rotten')
  await host.channel.publish(webRelease(host.port, 'two'))
  assert.equal((await host.restartAgent().runCycle()).outcome, 'installed')
  assert.equal(await readFile(blob, 'utf8'), right)
})

test('an error of the disk is blamed on nobody and tried again', async (t) => {
  const host = await startClockedHost(t)
  await host.channel.publish(webRelease(host.port, 'one'))
  await host.agent.runCycle()
  const [blobs, aside] = [join(host.settings.stateDir, 'blobs'), join(host.settings.stateDir, 'aside')]
  await rename(blobs, aside)
  await writeFile(blobs, 'not a directory')
  await host.channel.publish(webRelease(host.port, 'two'))
  const record = await host.agent.runCycle()
  assert.equal(record.outcome, 'failed')
  assert.match(record.reason, /could not /)
  assert.deepEqual(host.agent.status().state?.bad, [])
  assert.equal(await host.get(), 'one')
  await rm(blobs)
  await rename(aside, blobs)
  host.clock.offset += 3_000
  await waitFor(host, 'two', () => host.agent.runCycle())
})

/** A host whose clock a test can move on, so that the interval between reloads need not be waited for. */
async function startClockedHost(t: TestContext): Promise<AgentHost & { readonly clock: { offset: number } }> {
  const clock = { offset: 0 }
  const host = await startAgentHost(t, { deps: { elapsed: () => performance.now() + clock.offset } })
  return { ...host, clock }
}

/** Release "one" is confirmed, and "two" is staged beside it, as after a crash. */
async function twoStaged(
  host: Awaited<ReturnType<typeof startClockedHost>>,
): Promise<{ one: string; two: string }> {
  await host.channel.publish(webRelease(host.port, 'two'))
  await host.agent.runCycle()
  const two = host.agent.status().state?.confirmed?.configId ?? ''
  host.clock.offset += 3_000
  await host.channel.publish(webRelease(host.port, 'one'))
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  return { one: host.agent.status().state?.confirmed?.configId ?? '', two }
}

async function putEntries({ settings }: AgentHost, from: string, to: string): Promise<void> {
  for (const path of [settings.entries.http, settings.entries.stream]) {
    if (path === null) continue
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll(from, to))
  }
}

async function waitFor(host: AgentHost, text: string, act: () => Promise<unknown> = async () => undefined) {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    await act()
    if ((await host.get()) === text) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail(`"${text}" was not served`)
}
