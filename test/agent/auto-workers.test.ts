import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { webRelease } from '../support/agent-host.ts'
import { acceptingPids, startRunningHost } from '../support/clocked-host.ts'
import { eventually } from '../support/eventually.ts'

test('with as many workers as processors, a reload by somebody else just before the agent’s is no reason to roll back', async (t) => {
  const host = await startRunningHost(t)
  const main = await readFile(host.nginx.mainConf, 'utf8')
  await writeFile(host.nginx.mainConf, main.replace(/worker_processes \d+;/, 'worker_processes auto;'))
  host.nginx.hup()
  await eventually(
    'workers for all processors',
    async () => (await acceptingPids(host)).length === cpus().length,
  )
  for (let round = 0; round < 5; round += 1) {
    await host.channel.publish(webRelease(host.port, `round ${round}`))
    const before = (await acceptingPids(host)).length
    host.nginx.hup()
    const cycle = (async () => {
      for (const end = performance.now() + 300; performance.now() < end; await delay(1))
        if ((await acceptingPids(host)).length > before) return
    })().then(() => host.cycle())
    const { outcome, reason } = await cycle
    assert.equal(outcome, 'installed', reason)
  }
})
