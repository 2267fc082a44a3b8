import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { old, openStage } from '../../../support/accidents/stage.ts'
import { startTestConsul } from '../../../support/consul.ts'

// They wait for programs and for times to pass, and so can do it together.
describe('what stops', { concurrency: true }, () => {
  test('half of the services gone behind the ledger’s back stay, while stops among them go through at once', async (t) => {
    const consul = await startTestConsul(t, { tls: false })
    const { catalog, shows, tellsHold, keptAlways } = await openStage(t, consul)
    await catalog.lose('web', 't1')
    await catalog.lose('web', 't2')
    await catalog.deregisterForeign('old-1')
    await tellsHold('web', /task is live/)
    await tellsHold('old', /1 of 1 vanished/)
    await catalog.task('api', 't6', 8006)
    await shows('api', '10.0.0.1:8005 10.0.0.1:8006')
    await catalog.gone('web', 't2')
    await shows('web', '10.0.0.1:8001')
    await catalog.task('web', 't1', 8001)
    await catalog.gone('web', 't1')
    await shows('web', '')
    keptAlways('api', '10.0.0.1:8005')
    keptAlways('old', old)
  })

  test('60 % of the catalog drained together go at once, and a scale to zero with its last task', async (t) => {
    const consul = await startTestConsul(t, { tls: false })
    const { catalog, publisher, shows } = await openStage(t, consul)
    const ports = Array.from({ length: 10 }, (_, at) => 8100 + at)
    for (const port of ports) await catalog.task('big', `b${port}`, port)
    const places = (from: readonly number[]) => from.map((port) => `10.0.0.1:${port}`).join(' ')
    await shows('big', places(ports))
    const draining = ports.slice(0, 6)
    await Promise.all(
      draining.map((port) =>
        catalog.task('big', `b${port}`, port, { reason: 'draining', phase: 'draining' }),
      ),
    )
    await shows('big', places(ports.slice(6)))
    const rest = ports.slice(6)
    await Promise.all(
      rest.map((port) => catalog.task('big', `b${port}`, port, { reason: 'draining', phase: 'draining' })),
    )
    await Promise.all(ports.slice(0, 9).map((port) => catalog.gone('big', `b${port}`)))
    await shows('big', places(ports.slice(9)))
    await catalog.gone('big', 'b8109')
    await shows('big', '')
    assert.ok(!publisher().log.some(({ event }) => event === 'publish-held'))
  })
})
