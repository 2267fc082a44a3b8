import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { startAgentHost, webRelease } from '../support/agent-host.ts'
import { bothNginxes } from '../support/check-nginx.ts'
import { startRunningHost } from '../support/clocked-host.ts'
import { eventually } from '../support/eventually.ts'
import { startMeddledHost } from '../support/meddled-host.ts'

for (const [name, find] of Object.entries(bothNginxes)) {
  test(`a master that is killed and started again at any moment of a cycle is no fault of the release, on ${name}`, async (t) => {
    const host = await startMeddledHost(t, await find())
    const rounds = await host.everywhere(async (at) => {
      const text = `release ${at}`
      await host.channel.publish(webRelease(host.port, text))
      let restarted: Promise<void> | undefined
      host.meddle(at, () => {
        process.kill(-host.nginx.pid, 'SIGKILL')
        restarted = host.nginx.restart()
      })
      const { outcome, reason } = await host.cycle()
      await restarted
      await eventually(`${text} is live (${outcome}: ${reason})`, async () => {
        await host.cycle()
        return (await host.get()) === text
      })
      assert.deepEqual(host.agent.status().state?.bad, [])
      const { pending, confirmed } = host.agent.status().state ?? {}
      assert.deepEqual(
        [pending, confirmed?.configId],
        [null, /default "(\w+)"/.exec(await host.entry())?.[1]],
      )
    })
    t.diagnostic(`${rounds} masters killed`)
  })
}

test('a master that ends twice under one configuration is not given it a third time, nor its next start', async (t) => {
  const host = await startRunningHost(t)
  const entry = await host.entry()
  let hups = 0
  const kill = process.kill
  t.after(() => {
    process.kill = kill
  })
  process.kill = (pid, signal) => {
    if (signal !== 'SIGHUP') return kill(pid, signal)
    hups += 1
    return kill(-host.nginx.pid, 'SIGKILL')
  }
  await host.channel.publish(webRelease(host.port, 'two'))
  for (const outcome of ['failed', 'rolled-back']) {
    const record = await host.cycle()
    assert.equal(record.outcome, outcome)
    assert.match(
      record.reason,
      /master process ended during the reload.*nginx is not running; configuration \w+ is in place/,
    )
    await host.cycle()
    assert.equal(await host.entry(), entry)
    await host.nginx.restart()
    assert.equal(await host.get(), 'one')
  }
  await host.cycle()
  assert.equal(hups, 2)
})

test('while the nginx binary is being replaced a reload waits', async (t) => {
  const host = await startRunningHost(t)
  const old = await startAgentHost(t)
  await writeFile(`${host.settings.nginx.pidFile}.oldbin`, `${old.nginx.pid}\n`)
  await host.channel.publish(webRelease(host.port, 'two'))
  const record = await host.cycle()
  assert.deepEqual([record.outcome, record.step], ['waiting', 'reload'])
  assert.match(record.reason, /binary is being replaced/)
  await old.nginx.stop()
  assert.equal((await host.cycle()).outcome, 'installed', 'a pid file that was left behind doesn’t matter')
})

test('a pid file that names another program is not believed, and nobody is signalled', async (t) => {
  const host = await startRunningHost(t)
  const { pidFile } = host.settings.nginx
  const right = await readFile(pidFile, 'utf8')
  let hups = 0
  const count = () => {
    hups += 1
  }
  process.on('SIGHUP', count)
  t.after(() => process.off('SIGHUP', count))
  await writeFile(pidFile, `${process.pid}\n`)
  await host.channel.publish(webRelease(host.port, 'two'))
  assert.match((await host.cycle()).reason, /HOST_NGINX_DOWN/)
  assert.equal(await host.get(), 'one')
  await writeFile(pidFile, right)
  await host.cycle()
  await eventually('the release is live', async () => {
    await host.cycle()
    return (await host.get()) === 'two'
  })
  assert.equal(hups, 0)
})
