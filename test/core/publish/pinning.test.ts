import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storedLayout } from '../../../core/publish/compose.ts'
import { planFrozen, planPin, repinned } from '../../../core/publish/pinning.ts'
import type { Layout, VolatileFile } from '../../../core/release/layout.ts'
import { parsePointer } from '../../../core/release/parse-pointer.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { rawPointer } from '../../support/pointer.ts'
import { endpointsOf } from '../../support/routes.ts'

const upstream = (name: string, ...services: readonly string[]): Layout['upstreams'][number] => ({
  ...{ name: `quayside_${name}`, context: 'http', method: 'least_conn' },
  ...{ keepalive: 8, maxFails: 1, failTimeoutSeconds: 5 },
  sources: services.map((service) => ({
    source: `${service.replace('!', '')}@dc1`,
    share: service.includes('!') ? 0 : 1,
  })),
})

function layoutOf(upstreams: Layout['upstreams'], volatile: readonly VolatileFile[] = []) {
  return storedLayout({ schema: 1, files: [], upstreams, volatile, renderer: 'test/1' })
}

const signature = { key: 'a'.repeat(16), value: 'AAAA' }
const pointerWith = (over: object) =>
  parsePointer(JSON.stringify({ pointer: { ...rawPointer, ...over }, signature })).pointer

function inForce(places: Readonly<Record<string, readonly string[]>>, over: object = {}) {
  const layout = layoutOf([upstream('now', ...Object.keys(places))])
  const pointer = pointerWith({ layout: layout.ref, ...over })
  return { pointer, layout, endpoints: endpointsOf(places) }
}

const plan = (
  places: Readonly<Record<string, readonly string[]>>,
  target: ReturnType<typeof layoutOf>,
  urgent = false,
) => planPin(inForce(places), target, urgent, renderUpstreams)

test('a pin to an earlier layout moves at once, with the addresses of now and a way back', () => {
  const { move, uncovered } = plan({ web: ['10.0.0.1:80'] }, layoutOf([upstream('then', 'web')]))
  assert.equal(move.kind, 'move')
  if (move.kind !== 'move') return
  assert.match(move.blobs.join('\n'), /upstream quayside_then \{[^}]+server 10\.0\.0\.1:80 /)
  assert.equal(move.content.previousLayout?.sha256, inForce({ web: [] }).layout.ref.sha256)
  assert.deepEqual(uncovered, [])
})

test('a pin to the layout in force changes no byte', () => {
  const places = { web: ['10.0.0.1:80'] }
  assert.deepEqual(plan(places, inForce(places).layout).move, { kind: 'stay' })
})

test('a pin waits for the publisher where an upstream would be empty only because its servers aren’t known', () => {
  const rows: readonly (readonly [Layout['upstreams'], 'wait' | 'move', readonly string[]])[] = [
    [[upstream('a', 'old')], 'wait', ['old@dc1']],
    [[upstream('a', 'web', 'old')], 'move', ['old@dc1']],
    [[upstream('a', 'web!', 'old')], 'wait', ['old@dc1']],
    [[upstream('a', 'web', 'old!')], 'move', ['old@dc1']],
    // Known to be empty: it is empty in whatever layout.
    [[upstream('a', 'none')], 'move', []],
  ]
  for (const [upstreams, kind, uncovered] of rows) {
    const result = plan({ web: ['10.0.0.1:80'], none: [] }, layoutOf(upstreams))
    assert.deepEqual([result.move.kind, result.uncovered], [kind, uncovered])
    assert.equal(plan({ web: ['10.0.0.1:80'], none: [] }, layoutOf(upstreams), true).move.kind, 'move')
  }
})

test('files made of live data are kept where they are the same, and else wait for the publisher, however urgent', () => {
  const file = (path: string): VolatileFile => ({
    ...{ path, context: 'http', template: 'b'.repeat(64), queries: ['service "web"'] },
  })
  const places = { web: ['10.0.0.1:80'] }
  const now = {
    ...inForce(places),
    layout: layoutOf([upstream('now', 'web')], [file('a.conf'), file('b.conf')]),
  }
  const bytes = ['a.conf', 'b.conf'].map((path) => ({
    path,
    context: 'http',
    sha256: 'c'.repeat(64),
    size: 1,
  }))
  const pointer = pointerWith({ layout: now.layout.ref, volatile: bytes })
  const target = (...files: readonly VolatileFile[]) => layoutOf([upstream('then', 'web')], files)
  const kept = planPin({ ...now, pointer }, target(file('a.conf')), false, renderUpstreams)
  assert.deepEqual(kept.move.kind === 'move' && kept.move.content.volatile, [bytes[0]])
  const other = planPin({ ...now, pointer }, target(file('c.conf')), true, renderUpstreams)
  assert.deepEqual([other.move, other.unrendered], [{ kind: 'wait' }, ['c.conf']])
})

test('addresses that are frozen now are nobody’s of now: another layout waits for the publisher', () => {
  const pin = { layout: 'd'.repeat(64), reason: '', frozen: true }
  const frozen = inForce({ web: ['10.0.0.1:80'] }, { pin })
  const target = layoutOf([upstream('then', 'web')])
  assert.equal(planPin(frozen, target, false, renderUpstreams).move.kind, 'wait')
})

test('freezing names every address that is not in force for its service any more, and who has it now', () => {
  const now = inForce({ web: ['10.0.0.1:80'], api: ['10.0.0.2:80'] })
  const earlier = endpointsOf({ web: ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'] })
  const { rotten, content, blobs } = planFrozen(
    now,
    layoutOf([upstream('then', 'web')]),
    earlier,
    [],
    renderUpstreams,
  )
  assert.deepEqual(rotten, [
    { source: 'web@dc1', server: '10.0.0.2:80', now: 'api@dc1' },
    { source: 'web@dc1', server: '10.0.0.3:80', now: null },
  ])
  assert.match(blobs.join('\n'), /server 10\.0\.0\.3:80 /)
  // The endpoints of then say nothing of api, so no host may go back to the layout of now with them.
  assert.equal(content.previousLayout, null)
})

test('a pin keeps the state and the length of life, and raises the generation', () => {
  const pointer = pointerWith({})
  const at = Date.parse(pointer.created) + 5_000
  const pin = { layout: 'd'.repeat(64), reason: 'why', frozen: false }
  const next = repinned(pointer, pin, null, at)
  assert.deepEqual([next.pin, next.state, next.layout], [pin, pointer.state, pointer.layout])
  assert.ok(next.generation > pointer.generation)
  assert.equal(
    Date.parse(next.expires) - Date.parse(next.created),
    Date.parse(pointer.expires) - Date.parse(pointer.created),
  )
  assert.equal(repinned(next, null, null, at).pin, null)
})
