import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import { diffPlan, isChange, type Side } from '../../../core/publish/plan-diff.ts'
import { routesIn } from '../../../core/publish/written-routes.ts'
import { renderLayout } from '../../../core/render/layout.ts'
import { emptyMemory, type RouteMemory } from '../../../core/route/memory.ts'
import { build, defaultTemplates, endpointsOf, publishSettings, routedService } from '../../support/routes.ts'

type Places = Readonly<Record<string, readonly string[]>>

function side(
  services: readonly ServiceSnapshot[],
  places: Places,
  memory: RouteMemory = emptyMemory,
  over = {},
): Side {
  const { sources } = endpointsOf(places)
  const live = new Set(Object.keys(sources))
  const { model, memory: routing } = build(services, { memory, live, settings: publishSettings(over) })
  const { layout, files } = renderLayout(model, defaultTemplates)
  return { routes: routesIn(files, layout), layout, endpoints: endpointsOf(places), routing }
}

const quiet = { left: [], holds: [] }
const web = (path: string, more = {}) =>
  routedService('web', { 'nginx-host': 'a.test', 'nginx-path': path, ...more })

test('equal sides differ in nothing', () => {
  const one = side([web('/')], { web: ['10.0.0.1:80'] })
  assert.deepEqual(diffPlan(one, one, quiet, []), [])
})

test('servers come and go with their reasons', () => {
  const before = side([web('/')], { web: ['10.0.0.1:80', '10.0.0.2:80'] })
  const after = side([web('/')], { web: ['10.0.0.2:80', '10.0.0.3:80'] })
  const left = [{ source: 'web@dc1', id: 'x', server: '10.0.0.1:80', why: 'draining' }]
  const [plan, ...others] = diffPlan(before, after, { ...quiet, left }, [])
  assert.deepEqual(others, [])
  assert.deepEqual(
    [plan?.joined, plan?.left],
    [['10.0.0.3:80'], [{ server: '10.0.0.1:80', why: 'draining' }]],
  )
  assert.deepEqual(plan?.reasons, [])
})

test('a route that moves is told with the label that moved it', () => {
  const before = side([web('/one')], { web: [] })
  const after = side([web('/two')], { web: [] }, before.routing)
  const [plan] = diffPlan(before, after, quiet, [])
  assert.deepEqual(plan?.reasons, ['nginx-path: "/one" → "/two"'])
  assert.deepEqual(plan?.routes.added, ['80 a.test /two/', '80 a.test = /two'])
  assert.deepEqual(plan?.routes.removed, ['80 a.test /one/', '80 a.test = /one'])
  const root = side([web('/')], { web: [] })
  const [moved] = diffPlan(root, side([web('/one')], { web: [] }, root.routing), quiet, [])
  assert.deepEqual(moved?.routes.changed, [
    { place: '80 a.test /', removed: ['proxy_pass http://quayside_web'], added: ['return 404'] },
  ])
})

test('a route that stays is told with what it says differently, its upstream’s settings too', () => {
  const before = side([web('/')], { web: [] })
  const labels = { 'nginx-lb': 'ip_hash', 'nginx-read-timeout': '90s' }
  const [plan] = diffPlan(before, side([web('/', labels)], { web: [] }, before.routing), quiet, [])
  assert.deepEqual(plan?.routes.changed, [
    {
      place: '80 a.test /',
      removed: ['method least_conn'],
      added: ['proxy_read_timeout 90s', 'method ip_hash'],
    },
  ])
  assert.deepEqual(plan?.reasons, ['nginx-lb: nothing → "ip_hash"', 'nginx-read-timeout: nothing → "90s"'])
})

test('a route that passes to another service is told to both', () => {
  const old = routedService('old', { 'nginx-host': 'a.test' })
  const before = side([old], { old: ['10.0.0.1:80'] })
  const after = side([web('/')], { web: ['10.0.0.2:80'] }, before.routing)
  const plans = diffPlan(before, after, quiet, [])
  assert.deepEqual(
    plans.map(({ service, reasons }) => [service, reasons]),
    [
      ['old@dc1', ['80 a.test / is also a matter of web@dc1']],
      ['web@dc1', ['it states routes now']],
    ],
  )
  assert.ok(plans.every(isChange))
})

test('what no label explains is the publisher’s own doing', () => {
  const before = side([web('/')], { web: [] })
  const listeners = [{ port: 8080, protocol: 'http' as const }]
  const plans = diffPlan(before, side([web('/')], { web: [] }, before.routing, { listeners }), quiet, [])
  assert.deepEqual(
    plans.map(({ service }) => service),
    ['', 'web@dc1'],
  )
  for (const { reasons } of plans) assert.match(reasons.join(), /settings, templates or version/)
})

test('holds and problems are told, and are no change', () => {
  const one = side([web('/')], { web: ['10.0.0.1:80'], api: [] })
  const holds = [{ source: 'web@dc1', id: 'x', server: '10.0.0.1:80', why: 'in doubt', since: 1 }]
  const problems = [
    'api@dc1: invalid nginx-path',
    'web: instance x: no address; left out',
    'No new layout: x',
  ]
  const plans = diffPlan(one, one, { left: [], holds }, problems)
  assert.deepEqual(
    plans.map((plan) => [plan.service, plan.held.length, plan.problems, isChange(plan)]),
    [
      ['', 0, [problems[2]], false],
      ['api@dc1', 0, [problems[0]], false],
      ['web@dc1', 1, [problems[1]], false],
    ],
  )
})
