import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../../support/accidents/cluster.ts'
import { old, openStage, web } from '../../../support/accidents/stage.ts'
import { eventually } from '../../../support/eventually.ts'

test('without a leader, two of three servers being lost, nothing changes; it goes on by itself when they are back', async (t) => {
  const { consul, killOthers, startOthers } = await startCluster(t)
  const { catalog, publisher, shows, servers, takeOver, keptAlways } = await openStage(t, consul)
  await killOthers()
  await eventually(
    'the failure to be told',
    () => publisher().log.some(({ event }) => event === 'watch-failed'),
    30_000,
  )
  assert.deepEqual([servers('web'), servers('api'), servers('old')], [web, '10.0.0.1:8005', old])
  await startOthers()
  await catalog.task('web', 't3', 8003)
  await shows('web', `${web} 10.0.0.1:8003`, 30_000)
  await catalog.gone('web', 't1')
  await shows('web', '10.0.0.1:8002 10.0.0.1:8003', 30_000)
  await takeOver()
  await catalog.task('api', 't6', 8006)
  await shows('api', '10.0.0.1:8005 10.0.0.1:8006', 30_000)
  for (const port of [8002, 8003]) keptAlways('web', `10.0.0.1:${port}`)
  keptAlways('api', '10.0.0.1:8005')
  keptAlways('old', old)
})
