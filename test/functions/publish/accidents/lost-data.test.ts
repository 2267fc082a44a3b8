import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { old, openStage, web } from '../../../support/accidents/stage.ts'
import { startTestConsul } from '../../../support/consul.ts'
import { eventually } from '../../../support/eventually.ts'

// They wait for programs and for times to pass, and so can do it together.
describe('a Consul that lost what it knew', { concurrency: true }, () => {
  test('while Consul restarts nothing changes, and afterwards changes go on', async (t) => {
    const consul = await startTestConsul(t, { tls: false, dev: false })
    const { catalog, publisher, shows, servers, keptAlways } = await openStage(t, consul)
    await consul.kill()
    await eventually('the failure to be told', () =>
      publisher().log.some(({ event }) => event === 'watch-failed'),
    )
    assert.deepEqual([servers('web'), servers('old')], [web, old])
    await consul.restart()
    await catalog.task('web', 't3', 8003)
    await shows('web', `${web} 10.0.0.1:8003`, 30_000)
    await catalog.gone('web', 't1')
    await shows('web', '10.0.0.1:8002 10.0.0.1:8003')
    for (const port of [8002, 8003]) keptAlways('web', `10.0.0.1:${port}`)
    keptAlways('old', old)
  })

  test('a wiped Consul empties nothing, for the next publisher neither, until reconciling has brought all back', async (t) => {
    const consul = await startTestConsul(t, { tls: false })
    const stage = await openStage(t, consul)
    const { catalog, takeOver, shows, tellsHold, publishedHolds, keptAlways } = stage
    // The epoch is read for the first doubt, or some time after the start.
    await catalog.lose('web', 't2')
    await tellsHold('web', /task is live/)
    await consul.restart()
    for (const service of ['web', 'api', 'old']) await tellsHold(service, /./)
    await takeOver()
    await tellsHold('web', /looked up/)
    // Registering goes on as events arrive, before any reconcile pass.
    await catalog.bootstrap('e2')
    await catalog.task('shop', 't9', 8009)
    await shows('shop', '10.0.0.1:8009')
    await tellsHold('web', /without a trace/)
    await tellsHold('old', /lost its data/)
    assert.deepEqual(
      (await publishedHolds()).map(({ server }) => server).sort(),
      [...web.split(' '), '10.0.0.1:8005', old].sort(),
    )

    await catalog.task('web', 't1', 8001)
    await catalog.task('api', 't5', 8005)
    await catalog.foreign('old', 'old-1', 9001, { 'nginx-host': 'old.test' })
    await catalog.stamp(Date.now() + 60_000, 'e2')
    await shows('web', '10.0.0.1:8001')
    assert.deepEqual(await publishedHolds(), [])
    for (const [service, place] of [
      ['web', '10.0.0.1:8001'],
      ['api', '10.0.0.1:8005'],
      ['old', old],
    ] as const)
      keptAlways(service, place)
  })

  test('after a restore the tasks since the snapshot stay, and one that stopped since is back only until reconciling', async (t) => {
    const consul = await startTestConsul(t, { tls: false, dev: false })
    const stage = await openStage(t, consul)
    const { catalog, takeOver, shows, servers, tellsHold, publishedHolds, keptAlways } = stage
    const snapshot = await (await fetch(`${consul.httpUrl}/v1/snapshot`)).arrayBuffer()
    await catalog.task('web', 't3', 8003)
    await catalog.gone('web', 't1')
    await catalog.task('new', 't7', 8007)
    await shows('web', '10.0.0.1:8002 10.0.0.1:8003')
    await shows('new', '10.0.0.1:8007')

    const restored = await fetch(`${consul.httpUrl}/v1/snapshot`, { method: 'PUT', body: snapshot })
    assert.equal(restored.status, 200)
    await catalog.task('api', 't6', 8006)
    await shows('api', '10.0.0.1:8005 10.0.0.1:8006')
    // Blocking queries above the restored index go on waiting, so it is the next publisher that sees it first.
    await takeOver()
    for (const service of ['web', 'new']) await tellsHold(service, /without a trace/)
    await shows('web', `${web} 10.0.0.1:8003`)
    assert.equal(servers('new'), '10.0.0.1:8007')
    assert.deepEqual((await publishedHolds()).map(({ server }) => server).sort(), [
      '10.0.0.1:8003',
      '10.0.0.1:8007',
    ])

    await catalog.gone('web', 't1')
    await catalog.task('web', 't3', 8003)
    await shows('web', '10.0.0.1:8002 10.0.0.1:8003')
    await catalog.gone('new', 't7')
    await shows('new', '')
    assert.deepEqual(await publishedHolds(), [])
    for (const port of [8002, 8003]) keptAlways('web', `10.0.0.1:${port}`)
    keptAlways('api', '10.0.0.1:8005')
  })
})
