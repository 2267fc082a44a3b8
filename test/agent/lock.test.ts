import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { findProcess } from '../../adapters/process-table.ts'
import { startAgentHost, webRelease } from '../support/agent-host.ts'

test('an agent leaves a host alone on which another one works, until that has ended', async (t) => {
  const host = await startAgentHost(t)
  const { stateDir } = host.settings
  const lock = join(stateDir, 'agent.lock')
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000)'])
  t.after(() => other.kill('SIGKILL'))
  await once(other, 'spawn')
  const { title, started } = (await findProcess(other.pid ?? 0)) ?? assert.fail()
  const write = async (owner: string) => {
    await mkdir(stateDir, { recursive: true })
    await writeFile(lock, owner)
  }
  await write(`${other.pid} ${started} ${title}`)
  await host.channel.publish(webRelease(host.port, 'one'))
  const { outcome, reason } = await host.agent.runCycle()
  assert.deepEqual([outcome, await host.get()], ['failed', 'ECONNREFUSED'])
  assert.match(reason, new RegExp(`^another agent \\(pid ${other.pid}\\) works with ${stateDir}: stop it`))

  const ended = once(other, 'exit')
  other.kill('SIGKILL')
  await ended
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  await host.agent.stop()
  assert.equal(existsSync(lock), false)
})

test('the lock of a process that has ended holds nobody up, also where its pid is another program’s now', async (t) => {
  const host = await startAgentHost(t)
  await mkdir(host.settings.stateDir, { recursive: true })
  await host.channel.publish(webRelease(host.port, 'one'))
  for (const owner of ['', 'nonsense', `${process.ppid} 0 node quayside-agent.mjs`, '4194303 1 node']) {
    await writeFile(join(host.settings.stateDir, 'agent.lock'), owner)
    const { outcome, reason } = await host.restartAgent().runCycle()
    assert.notEqual(outcome, 'failed', reason)
  }
})
