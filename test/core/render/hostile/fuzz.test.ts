import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { digestOf } from '../../../../core/canonical.ts'
import { emptyState } from '../../../../core/publish/state.ts'
import { bothNginxes, isAboutHttp2, openNginxCheck } from '../../../support/check-nginx.ts'
import { hostileServices, reordered } from '../../../support/hostile/arbitrary.ts'
import { createChain, type Rendered, renderCatalog } from '../../../support/hostile/chain.ts'
import { type RawService, rawService } from '../../../support/hostile/raw-catalog.ts'
import { neighbours, townSettings } from '../../../support/hostile/town.ts'
import { assertUntouched } from '../../../support/hostile/untouched.ts'
import { property } from '../../../support/scale.ts'
import { stateText, storedAndRead } from '../../../support/state.ts'

const settings = { ...townSettings, defaultDomain: 'apps.test', routes: operatorRoutes(), owners: owners() }
const town = renderCatalog(neighbours, settings)
const check = openNginxCheck()

test('whatever else is in the catalog, its neighbours keep every byte', () => {
  fc.assert(
    fc.property(hostileServices, (hostile) => {
      const first = renderCatalog([...neighbours, ...hostile], settings, town.next)
      assertUntouched(first.texts, town.texts, 'at first')
      const again = renderCatalog([...neighbours, ...hostile], settings, first.next)
      assert.deepEqual(identity(again), identity(first), 'a second look at the same catalog changes nothing')
    }),
    property(4_000),
  )
})

test('the same catalog gives the same bytes, layout and memory, whatever the order of arrival', () => {
  fc.assert(
    fc.property(hostileServices, fc.nat(), fc.boolean(), (hostile, seed, settled) => {
      const memory = settled ? town.next : emptyState
      const catalog = [...neighbours, ...hostile]
      const other = renderCatalog(reordered(catalog, seed), settings, memory)
      assert.deepEqual(identity(other), identity(renderCatalog(catalog, settings, memory)))
    }),
    property(4_000),
  )
})

test('a publisher that runs for long renders what one that has just started does', () => {
  const generated = fc.array(hostileServices, { minLength: 2, maxLength: 4 })
  fc.assert(
    fc.property(generated, (catalogs) => {
      const running = createChain(settings)
      let state = running(neighbours).next
      for (const hostile of [...catalogs, ...catalogs.slice(0, 1)]) {
        const fresh = renderCatalog([...neighbours, ...hostile], settings, storedAndRead(state))
        const rendered = running([...neighbours, ...hostile], state)
        assert.deepEqual(identity(rendered), identity(fresh))
        state = rendered.next
      }
    }),
    property(1_000),
  )
})

test('who came first leaves no trace where nobody wants the same place', () => {
  const services = Array.from({ length: 5 }, (_, at) =>
    rawService(`web${at}`, { 'nginx-host': `web${at}.test`, 'nginx-path': '/a' }),
  )
  const together = identity(renderCatalog(services, settings))
  fc.assert(
    fc.property(fc.shuffledSubarray(services, { minLength: services.length }), (order) => {
      let seen: readonly RawService[] = []
      let rendered = renderCatalog([], settings)
      for (const service of order) {
        seen = [...seen, service]
        rendered = renderCatalog(seen, settings, rendered.next)
      }
      assert.deepEqual(identity(rendered), together)
    }),
    property(1_000),
  )
})

for (const [name, tool] of Object.entries(bothNginxes)) {
  test(`${name} accepts without a warning what is made of generated catalogs`, async () => {
    await fc.assert(
      fc.asyncProperty(hostileServices, async (hostile) => {
        const { texts } = renderCatalog([...neighbours, ...hostile], settings, town.next)
        const { accepted, complaints } = await check(await tool(), texts)
        assert.deepEqual(
          complaints.filter((line) => !isAboutHttp2(line)),
          [],
        )
        assert.ok(accepted)
      }),
      property(500),
    )
  })
}

/** Everything that is published or kept, by digest where it is long. */
function identity({ texts, layout, next, problems }: Rendered) {
  return { layoutId: digestOf(layout), texts, memory: stateText(next), problems }
}

function operatorRoutes() {
  return [
    { host: 'ops.test', path: '/', service: 'shop', port: 8080 },
    { host: 'shop.test', path: '/ops', service: 'shop-api', port: null },
  ]
}

function owners() {
  return [{ host: 'rpc.test', clusters: [], services: ['rpc'] }]
}
