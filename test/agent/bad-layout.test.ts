import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fetchText, webRelease } from '../support/agent-host.ts'
import { bothNginxes } from '../support/check-nginx.ts'
import { reportOf, startClockedHost, startRunningHost } from '../support/clocked-host.ts'
import { startWebSocketBackend } from '../support/long-connection.ts'
import { freePort } from '../support/ports.ts'
import { testNewNginx, testTools } from '../support/tools.ts'

const minute = 60_000

test('a layout that fails on one host only leaves that host with its own, follows addresses, says why, and comes when it can', async (t) => {
  const [first, second] = [(await testTools()).nginx, await testNewNginx()]
  const ports = [await freePort(), await freePort()]
  const options = (i: number) => ({
    settings: { listens: { '8080': `127.0.0.1:${ports[i]}` }, hostId: `AROATEST:i-${i}` },
  })
  const well = await startClockedHost(t, { ...options(0), nginx: first })
  const source = { s3: well.s3, publicKey: well.channel.publicKey }
  const ill = await startClockedHost(t, { ...options(1), nginx: second, source })
  await writeFile(
    join(dirname(well.nginx.mainConf), 'more.conf'),
    '# the operator put this on one host only\n',
  )
  const publish = (text: string, servers: readonly number[], extra = '') => {
    const release = webRelease(8_080, text, { servers, extra })
    const files = release.files.map((file) => ({
      ...file,
      content: file.content.replace('127.0.0.1:8080', '8080'),
    }))
    return well.channel.publish({ ...release, files })
  }
  const get = (i: number, path = '/') => fetchText(`http://127.0.0.1:${ports[i]}${path}`)
  const [a, b] = [await startWebSocketBackend(t, 'a'), await startWebSocketBackend(t, 'b')]
  const both = async () => [(await well.cycle()).outcome, (await ill.cycle()).outcome]

  await publish('one', [a])
  assert.deepEqual(await both(), ['installed', 'installed'])
  const { layout } = await publish('two', [a], 'include more.conf;')
  assert.deepEqual(await both(), ['installed', 'rejected'])
  for (const [servers, answer] of [
    [[b], 'b'],
    [[], '503'],
    [[a], 'a'],
  ] as const) {
    await publish('two', servers, 'include more.conf;')
    assert.deepEqual(await both(), ['endpoints', 'endpoints'])
    assert.deepEqual([await get(0, '/app'), await get(1, '/app')], [answer, answer])
    assert.deepEqual([await get(0), await get(1)], ['two', 'one'])
  }
  const report = reportOf(ill, 'AROATEST:i-1')
  assert.deepEqual([report.outcome, report.step, report.offered?.layout], ['rejected', 'test', layout.sha256])
  assert.match(report.reason, /open\(\) ".*more\.conf" failed \(2: No such file or directory\)/)
  assert.notEqual(report.applied?.layout, layout.sha256)

  const tries = async (wait: number) => {
    ill.clock.offset += wait
    return (await ill.cycle()).timings.test !== undefined
  }
  assert.deepEqual([await tries(minute), await tries(minute), await tries(4 * minute)], [true, false, true])
  await writeFile(join(dirname(ill.nginx.mainConf), 'more.conf'), '# and now on the other\n')
  assert.deepEqual([await tries(5 * minute), await tries(10 * minute)], [false, true])
  assert.equal(await get(1), 'two')
  const better = reportOf(ill, 'AROATEST:i-1')
  assert.deepEqual([better.outcome, better.applied?.layout], ['installed', layout.sha256])
  assert.deepEqual(ill.agent.status().state?.bad, [])
})

for (const [name, find] of Object.entries(bothNginxes))
  test(`a host whose first layout fails waits for a better one, with and without one before it, on ${name}`, async (t) => {
    const host = await startClockedHost(t, { nginx: await find() })
    const bad = (text: string) => webRelease(host.port, text, { inServer: 'no_such_directive on;' })
    const { layout } = await host.channel.publish(bad('one'))
    assert.equal((await host.cycle()).outcome, 'rejected')
    assert.deepEqual(Object.keys((await host.cycle()).timings), ['poll'], 'it is not tried in a loop')
    assert.equal(await host.get(), 'ECONNREFUSED')
    const { layout: second } = await host.channel.publish(bad('two'), { previousLayout: layout })
    for (let i = 0; i < 3; i += 1) assert.equal((await host.cycle()).outcome, 'rejected')
    const marks = host.agent.status().state?.bad.map(({ id }) => id)
    assert.deepEqual(marks?.sort(), [layout.sha256, second.sha256].sort())
    const { layout: good } = await host.channel.publish(webRelease(host.port, 'three'))
    assert.equal((await host.cycle()).outcome, 'installed')
    await host.channel.publish(bad('four'), { previousLayout: good })
    assert.equal((await host.cycle()).outcome, 'rejected')
    assert.equal(await host.get(), 'three')
  })

test('an expired layout that fails at the first boot leaves nginx as it was', async (t) => {
  const host = await startClockedHost(t)
  const bad = webRelease(host.port, 'one', { inServer: 'no_such_directive on;' })
  await host.channel.publish(bad, { expires: '2020-01-01T00:00:00Z' })
  assert.equal((await host.cycle()).outcome, 'rejected')
  await host.nginx.restart()
  await host.channel.publish(webRelease(host.port, 'two'))
  assert.equal((await host.cycle()).outcome, 'installed')
})

test('with state and releases removed by hand and the bucket away, nginx keeps what it runs', async (t) => {
  const host = await startRunningHost(t)
  for (const name of ['state.json', 'releases', 'blobs'])
    await rm(join(host.settings.stateDir, name), { recursive: true })
  host.s3.setFaults(() => ({ status: 503, code: 'SlowDown' }))
  const later = host.restartAgent()
  for (let i = 0; i < 3; i += 1) {
    host.clock.offset += 11_000
    await later.runCycle()
    assert.equal(await host.get(), 'one')
  }
  host.s3.setFaults(undefined)
  await host.channel.publish(webRelease(host.port, 'two'))
  await later.runCycle()
  assert.equal(await host.get(), 'two')
})
