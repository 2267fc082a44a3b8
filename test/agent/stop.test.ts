import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { findProcess } from '../../adapters/process-table.ts'
import { readEntryIds } from '../../agent/entries.ts'
import { testConfiguration } from '../../agent/nginx.ts'
import { probeAll } from '../../agent/probe.ts'
import { stopMs } from '../../agent/signals.ts'
import { type AgentHost, startAgentHost, webRelease } from '../support/agent-host.ts'
import { agentProgram, textOf } from '../support/agent-program.ts'
import { eventually } from '../support/eventually.ts'
import { isFull, runs } from '../support/scale.ts'

/** Numbers that look random and are the same in every run. */
const moment = (i: number, longest: number) => (i * 7_919) % longest

/** What must be true of a host between any two agents: what nginx runs is what it would start with. */
async function assertAgreement({ settings }: AgentHost, what: string): Promise<string> {
  assert.equal(await testConfiguration(settings.nginx, settings.nginx.mainConf), null, what)
  const named = [...new Set(await readEntryIds(settings))]
  assert.equal(named.length, 1, `${what}: both entry files name the same`)
  const probes = (await probeAll(settings.control, 3)).flat()
  assert.deepEqual([...new Set(probes.map((probe) => probe?.configId))], named, `${what}: nginx serves it`)
  return named[0] ?? ''
}

async function startServing(t: TestContext) {
  const host = await startAgentHost(t)
  await host.channel.publish(webRelease(host.port, 'release 0', { extra: zone(0) }))
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  const master = await findProcess(host.nginx.pid)
  await host.agent.stop()
  return { ...host, master }
}

test('an agent that is told to stop at any moment of an apply leaves nginx and the entry files agreeing', async (t) => {
  const host = await startServing(t)
  let finished = 0
  let before = await assertAgreement(host, 'at first')
  for (let i = 1; i <= runs(200); i += 1) {
    // Every fourth release passes its test and fails its reload, so that restoring is interrupted too.
    const extra = i % 4 === 0 ? zone(i).replace('$host', '$uri') : zone(i)
    await host.channel.publish(webRelease(host.port, `release ${i}`, { extra }))
    const agent = host.restartAgent()
    agent.start()
    await delay(moment(i, 280))
    await agent.stop()
    const now = await assertAgreement(host, `stop ${i}`)
    if (now !== before) finished += 1
    before = now
    assert.match(await host.get(), /^release \d+$/)
  }
  assert.ok(finished > 0 && finished < runs(200), `${finished} of ${runs(200)} were finished before the stop`)
  assert.deepEqual(await findProcess(host.nginx.pid), host.master, 'the master is never another one')
})

/** With another key the same zone would pass the test of nginx and fail the reload. */
function zone(i: number): string {
  return `limit_req_zone $host zone=twice:1m rate=1r/s; # ${i}`
}

test('the program obeys SIGTERM in order, however often it comes', async (t) => {
  const host = await startServing(t)
  const program = await agentProgram(t, host)
  for (let i = 1; i <= (isFull ? 50 : 3); i += 1) {
    await host.channel.publish(webRelease(host.port, `release ${i}`))
    const child = program.start()
    const output = textOf(child.stdout)
    await delay(250 + moment(i, 400))
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await delay(moment(i, 25))
    child.kill('SIGTERM')
    const [code, signal] = await exited
    // Before its first line ran, and while Node itself ends, the program has no way to obey, and nothing in hand.
    const isIdle = output() === '' || output().includes('"host-stopped"')
    assert.ok(signal === 'SIGTERM' ? isIdle : code === 0, `${code} ${signal}: ${output()}`)
    await assertAgreement(host, `SIGTERM ${i}`)
  }
})

test('the agent gives up before systemd would kill it', () => {
  const unit = readFileSync(new URL('../../agent/quayside-agent.service', import.meta.url), 'utf8')
  const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])
  assert.ok(stopMs + 2_000 < 1_000 * seconds, `${stopMs} ms of ${seconds} s`)
})

test('a step that has begun with nginx is finished: SIGTERM between swap and confirm leaves it confirmed', async (t) => {
  const host = await startServing(t)
  let stopping: Promise<void> | undefined
  const agent = host.restartAgent()
  const kill = process.kill
  t.after(() => {
    process.kill = kill
  })
  process.kill = (pid, signal) => {
    if (signal === 'SIGHUP') stopping ??= agent.stop()
    return kill(pid, signal)
  }
  await host.channel.publish(webRelease(host.port, 'release 1'))
  agent.start()
  await eventually('the reload', () => stopping !== undefined)
  await stopping
  assert.equal(await host.get(), 'release 1')
  await assertAgreement(host, 'after the stop')
  assert.equal((await host.restartAgent().runCycle()).outcome, 'unchanged')
})

test('a download that goes on is cut off, and nothing has changed', async (t) => {
  const host = await startServing(t)
  const before = await assertAgreement(host, 'before')
  await host.channel.publish(webRelease(host.port, 'release 1'))
  let isAsked = false
  host.s3.setFaults(({ key }) => {
    if (!key.startsWith('layouts/')) return undefined
    isAsked = true
    return { delayMs: 4_500 }
  })
  const agent = host.restartAgent()
  agent.start()
  await eventually('the download', () => isAsked)
  await agent.stop()
  assert.equal(await assertAgreement(host, 'after'), before)
})

test('an agent never starts an nginx that is down, nor stops one', async (t) => {
  const host = await startServing(t)
  await host.nginx.stop()
  const agent = host.restartAgent()
  agent.start()
  await host.channel.publish(webRelease(host.port, 'release 1'))
  await eventually('it waits', () => /HOST_NGINX_DOWN/.test(agent.status().last?.reason ?? ''))
  await agent.stop()
  assert.equal(host.nginx.running(), false)
  assert.equal(await host.get(), 'ECONNREFUSED')
})
