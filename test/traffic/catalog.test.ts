import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beingLookedUp } from '../../core/guard/vanished.ts'
import { type Backend, startBackend } from '../support/traffic/backends.ts'
import { startCatalogStage } from '../support/traffic/catalog-stage.ts'
import { share, startLoad } from '../support/traffic/load.ts'

const address = '127.0.0.1'
const place = ({ port }: Backend) => `${address}:${port}`

test('traffic by what the catalog says, through Consul, publisher, agent and nginx', {
  concurrency: true,
}, async (t) => {
  const stage = await startCatalogStage(t)
  const { catalog, servers, live, target } = stage
  const scenarios: Promise<void>[] = []
  const scenario = (rule: string, play: () => Promise<void>) => void scenarios.push(t.test(rule, play))
  const start = (...names: string[]) => Promise.all(names.map((name) => startBackend(t, name)))

  scenario(
    'where all are unhealthy and one drains, the unhealthy ones still get traffic, and no request fails',
    async () => {
      const [one, two, three] = (await start('s1', 's2', 's3')) as [Backend, Backend, Backend]
      const all = [one, two, three]
      for (const { name, port } of all) await catalog.task('sick', name, port, { address })
      await live('all three', () => servers('sick').length === 3)
      const load = startLoad(target('sick.test'))
      for (const { name, port } of all)
        await catalog.task('sick', name, port, { address, reason: 'unhealthy' })
      await catalog.task('sick', one.name, one.port, { address, reason: 'draining', phase: 'draining' })
      // Whoever sees this has seen what was written before it.
      await catalog.task('marker', 'k1', one.port + 1, { address })
      await live('the unhealthy ones beside it', () => {
        return servers('marker').length === 1 && servers('sick').includes(place(two))
      })
      const shares = await share(target('sick.test'), 30)
      assert.ok((shares.s2 ?? 0) > 0 && (shares.s3 ?? 0) > 0, JSON.stringify(shares))
      await catalog.gone('sick', one.name)
      await live('the two that are left', () => servers('sick').length === 2)
      one.stop()
      assert.deepEqual(Object.keys(await share(target('sick.test'), 20)).sort(), ['s2', 's3'])
      await load.end()
    },
  )

  scenario('a new service that only waits gets none', async () => {
    const [fresh] = (await start('w1')) as [Backend]
    await catalog.task('fresh', fresh.name, fresh.port, { address, reason: 'waiting' })
    await catalog.task('beside', 'b1', fresh.port + 1, { address })
    await live('a later change', () => servers('beside').length === 1)
    assert.deepEqual(await share(target('fresh.test'), 5), { 503: 5 })
    await catalog.task('fresh', fresh.name, fresh.port, { address })
    await live('its health', () => servers('fresh').length === 1)
    assert.deepEqual(await share(target('fresh.test'), 5), { w1: 5 })
  })

  scenario(
    'blue and green share a route by weight, 100/0, 90/10, 0/100, without a failed request',
    async () => {
      const backends = (await start('blue1', 'blue2', 'green1')) as [Backend, Backend, Backend]
      const set = async (blue: number, green: number) => {
        for (const { name, port } of backends) {
          const colour = name.slice(0, -1)
          const weight = String(colour === 'blue' ? blue : green)
          const group = { 'nginx-host': 'shop.test', 'nginx-group': 'shop', 'nginx-weight': weight }
          const meta = { ...group, 'nginx-lb': 'round_robin' }
          await catalog.task(colour, name, port, { address, meta })
        }
      }
      const parts = async () => {
        const shares = await share(target('shop.test'), 60)
        return { blue: (shares.blue1 ?? 0) + (shares.blue2 ?? 0), green: shares.green1 ?? 0 }
      }
      const reach = async (isSo: (now: { blue: number; green: number }) => boolean) => {
        for (let turn = 0; turn < 100; turn += 1) {
          const now = await parts()
          if (isSo(now)) return
        }
        assert.fail(JSON.stringify(await parts()))
      }
      await set(100, 0)
      await live('blue and green', () => servers('blue').length === 2 && servers('green').length === 1)
      const load = startLoad(target('shop.test'))
      await reach(({ blue, green }) => blue === 60 && green === 0)
      await set(90, 10)
      await reach(({ blue, green }) => blue >= 51 && green >= 4)
      await set(0, 100)
      await reach(({ blue, green }) => blue === 0 && green === 60)
      await load.end()
    },
  )

  scenario('what ECS drains goes at once, also 60 % of the catalog together', async () => {
    const tasks = Array.from({ length: 20 }, (_, n) => ({
      service: `mass${n % 4}`,
      id: `m${n}`,
      port: 20_000 + n,
    }))
    await Promise.all(tasks.map(({ service, id, port }) => catalog.task(service, id, port, { address })))
    const all = () => [0, 1, 2, 3].flatMap((n) => servers(`mass${n}`))
    await live('all of them', () => all().length === 20)
    const drained = tasks.slice(0, 12)
    await Promise.all(
      drained.map(({ service, id, port }) =>
        catalog.task(service, id, port, { address, reason: 'draining', phase: 'draining' }),
      ),
    )
    await live('the others alone', () => all().length === 8)
    await Promise.all(drained.map(({ service, id }) => catalog.gone(service, id)))
    const held = stage.publisher.log.filter(
      ({ event, fields }) => event === 'publish-held' && fields.why !== beingLookedUp,
    )
    assert.deepEqual(held, [])
  })
  await Promise.all(scenarios)
})
