import assert from 'node:assert/strict'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { testCandidate } from '../../agent/test-candidate.ts'
import { stuckAfterMs } from '../../core/host/confirm-verdict.ts'
import { type AgentHost, startAgentHost, webRelease } from '../support/agent-host.ts'
import { faults, releaseWith } from '../support/bad-releases.ts'
import { bothNginxes } from '../support/check-nginx.ts'
import { acceptingPids, confirmedId, startRunningHost } from '../support/clocked-host.ts'
import { eventually } from '../support/eventually.ts'
import { brokenFiles } from '../support/killed-agent.ts'
import { tempDir } from '../support/tmp.ts'

for (const [name, find] of Object.entries(bothNginxes)) {
  test(`with no worker left and a confirmed configuration that doesn’t load any more, the one before it serves, on ${name}`, async (t) => {
    const host = await startRunningHost(t, { nginx: await find() })
    const one = confirmedId(host)
    const owned = join(dirname(host.nginx.mainConf), 'owned.conf')
    await writeFile(owned, '# of the operator\n')
    await host.channel.publish(webRelease(host.port, 'two', { extra: 'include owned.conf;' }))
    assert.equal((await host.cycle()).outcome, 'installed')
    await rm(owned)
    const dead = faults.find((fault) => fault.name.startsWith('workers')) ?? assert.fail()
    const { bad } = await dead.prepare(t, host)
    await host.channel.publish(releaseWith(host.port, 'three', dead.context, bad))
    const record = await host.cycle()
    assert.equal(record.outcome, 'rolled-back')
    assert.match(record.reason, /failed too: .*owned\.conf" failed.*; restored configuration \w+ instead/)
    assert.deepEqual([await host.get(), confirmedId(host)], ['one', one])
    assert.equal(await brokenFiles(host), null)
    await host.channel.publish(webRelease(host.port, 'four'))
    assert.equal((await host.cycle()).outcome, 'installed')
    assert.equal(await host.get(), 'four')
  })

  test(`a master that loads after the deadline loads what was restored, on ${name}`, async (t) => {
    const host = await startRunningHost(t, { nginx: await find() })
    const entry = await host.entry()
    const freed = hold(t, host.nginx.pid)
    await host.channel.publish(webRelease(host.port, 'two'))
    const cycle = host.cycle()
    const hurry = setInterval(() => {
      host.clock.offset += 1_000
    }, 20)
    const { outcome, reason } = await cycle
    clearInterval(hurry)
    assert.equal(outcome, 'rolled-back')
    assert.match(reason, /started 0 of 2 new workers before the deadline \(restoring .* failed too/)
    assert.equal(await host.entry(), entry)
    const old = await acceptingPids(host)
    freed()
    await eventually('it loads something', async () =>
      (await acceptingPids(host)).every((pid) => !old.includes(pid)),
    )
    assert.equal(await host.get(), 'one')
    await host.cycle()
    assert.equal(host.agent.status().state?.pending, null)
  })
}

test('an old worker that hears nothing is reported and keeps no release back', async (t) => {
  const host = await startRunningHost(t)
  const [stuck = 0, other = 0] = await acceptingPids(host)
  hold(t, stuck)
  await host.channel.publish(webRelease(host.port, 'two'))
  const cycle = host.cycle()
  await eventually('the other one goes', async () => !(await acceptingPids(host)).includes(other))
  host.clock.offset += stuckAfterMs
  assert.equal((await cycle).outcome, 'installed')
  assert.deepEqual(host.events.find(({ event }) => event === 'host-worker-stuck')?.pids, [stuck])
  for (let i = 0; i < 10; i += 1) assert.equal(await host.get(), 'two')
})

test('entry files that can be written in one context only are put back at once', async (t) => {
  const host = await startRunningHost(t)
  const { http, stream } = host.settings.entries
  const [entry, other] = [await host.entry(), stream ?? assert.fail('no stream')]
  await rm(other)
  await mkdir(other)
  await host.channel.publish(webRelease(host.port, 'two'))
  assert.equal((await host.cycle()).outcome, 'failed')
  assert.equal(await readFile(http, 'utf8'), entry)
  await rm(other, { recursive: true })
  await eventually('the release is live', async () => {
    await host.cycle()
    return (await host.get()) === 'two'
  })
})

test('a main configuration may say where its pid file is nowhere, or in a file that it includes', async (t) => {
  const host = await startAgentHost(t)
  const { nginx } = host.settings
  const main = await readFile(nginx.mainConf, 'utf8')
  const [, directive = ''] = /^(pid .*)$/m.exec(main) ?? []
  await writeFile(join(dirname(nginx.mainConf), 'pid.inc'), directive)
  for (const instead of ['', 'include pid.inc;']) {
    await writeFile(nginx.mainConf, main.replace(directive, instead))
    await testCandidate(nginx, join(tempDir(t), 'candidate'), new Map(emptyEntries(host)))
  }
  assert.equal(await readFile(nginx.pidFile, 'utf8'), `${host.nginx.pid}\n`)
})

function emptyEntries({ settings: { entries } }: AgentHost): [string, string][] {
  return [entries.http, entries.stream].flatMap((path) => (path === null ? [] : [[path, '']]))
}

/** Stops a process where it stands, until the test ends or says so. */
function hold(t: TestContext, pid: number): () => void {
  process.kill(pid, 'SIGSTOP')
  const free = () => {
    try {
      process.kill(pid, 'SIGCONT')
    } catch {
      // It has ended.
    }
  }
  t.after(free)
  return free
}
