import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Kind, kinds, startBrokenConsul } from '../../../support/accidents/broken-consul.ts'
import { openStage, web } from '../../../support/accidents/stage.ts'
import { startTestConsul } from '../../../support/consul.ts'
import { eventually } from '../../../support/eventually.ts'
import { isFull } from '../../../support/scale.ts'

const affected = ['names', 'health', 'ledger', 'lock'] as const

/** Where the tables aren't run whole, each kind of false answer meets one of the dependencies. */
function forms(kind: Kind, at: number): readonly (typeof affected)[number][] {
  // After a refused token nothing is asked for half a minute, so that a test of it would only wait.
  const tried = affected.filter((what) => kind !== 'denied' || what === 'ledger' || what === 'lock')
  return isFull ? tried : tried.slice(at % tried.length).slice(0, 1)
}

// They wait for programs and for times to pass, and so can do it together.
describe('a Consul that answers falsely', { concurrency: true }, () => {
  test('false answers of Consul change nothing, hold up nothing else, and are forgotten when they end', async (t) => {
    const consul = await startTestConsul(t, { tls: false })
    const proxy = await startBrokenConsul(t, consul.httpUrl ?? '')
    const stage = await openStage(t, consul, { httpUrl: proxy.url })
    const { catalog, shows, servers, tellsHold } = stage
    let port = 8100
    for (const [at, kind] of kinds.entries())
      for (const what of forms(kind, at))
        await t.test(`${kind}: ${what}`, async () => {
          port += 1
          await catalog.task('api', 't5', 8005)
          proxy.break({ kind, what })
          await eventually('a false answer', () => what === 'ledger' || proxy.broken() > 0)
          if (what === 'ledger') await catalog.lose('web', 't2')
          // Something else changes meanwhile.
          await catalog.task('api', 't6', port)
          await shows('api', `10.0.0.1:8005 10.0.0.1:${port}`, 20_000)
          if (what === 'ledger' && kind !== 'index back') await tellsHold('web', /looked up|task is live/)
          assert.equal(servers('web'), web)

          proxy.break(null)
          await catalog.task('web', 't2', 8002)
          await catalog.task('web', `w${port}`, port)
          await shows('web', `${web} 10.0.0.1:${port}`, 20_000)
          await catalog.gone('web', `w${port}`)
          await shows('web', web, 20_000)
          await catalog.gone('api', 't6')
          await shows('api', '10.0.0.1:8005', 20_000)
        })
    for (const place of web.split(' ')) stage.keptAlways('web', place)
    stage.keptAlways('api', '10.0.0.1:8005')
  })

  test('a publisher that starts while the list of services can’t be read follows those that are routed', async (t) => {
    const consul = await startTestConsul(t, { tls: false })
    const proxy = await startBrokenConsul(t, consul.httpUrl ?? '')
    const { catalog, shows, takeOver, publisher, keptAlways } = await openStage(t, consul, {
      httpUrl: proxy.url,
    })
    proxy.break({ kind: 'no leader', what: 'names' })
    await takeOver()
    await catalog.gone('web', 't1')
    await shows('web', '10.0.0.1:8002', 30_000)
    assert.ok(publisher().log.some(({ event }) => event === 'watch-failed'))
    proxy.break(null)
    await catalog.task('shop', 't9', 8009)
    await shows('shop', '10.0.0.1:8009', 30_000)
    keptAlways('web', '10.0.0.1:8002')
  })
})
