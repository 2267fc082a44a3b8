import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { resolvePlan } from '../../../../core/host/resolve/resolve-plan.ts'
import { staleSeeds } from '../../../../core/host/resolve/stale-seeds.ts'
import { testUpstream } from '../../../support/release.ts'
import { endpointsOf } from '../../../support/routes.ts'
import { property } from '../../../support/scale.ts'

const upstreams = [testUpstream('web'), testUpstream('api')]
type Places = Readonly<Record<string, string[]>>
const stale = (seeds: Places, live: Places) => staleSeeds(upstreams, endpointsOf(seeds), endpointsOf(live))
const [a, b, c] = ['10.0.0.1:80', '10.0.0.2:80', '[fd00::3]:80']

const cases: [string, Places, Places, readonly string[], readonly string[]][] = [
  ['all of them live', { web: [a], api: [b] }, { web: [a, c], api: [b] }, [], []],
  ['one has stopped', { web: [a, b] }, { web: [b] }, [a], []],
  ['one of IPv6 has stopped', { web: [a, c] }, { web: [a] }, [c], []],
  ['one serves another service now', { web: [a, b], api: [c] }, { web: [b], api: [c, a] }, [a], [a]],
  ['two services changed places', { web: [a], api: [b] }, { web: [b], api: [a] }, [a, b], [a, b]],
  ['the same address serves both, as before', { web: [a], api: [a] }, { web: [a], api: [a] }, [], []],
  [
    'another service took an address at another port',
    { web: [a, b] },
    { web: [b], api: ['10.0.0.1:81'] },
    [a],
    [],
  ],
  ['a service that no upstream here uses took the address', { web: [a, b] }, { web: [b], db: [a] }, [a], [a]],
  ['the upstream is empty, which is another configuration', { web: [a] }, { web: [] }, [], []],
]

for (const [name, seeds, live, gone, reused] of cases)
  test(`seeds are looked at where ${name}`, () => assert.deepEqual(stale(seeds, live), { gone, reused }))

test('seeds of upstreams that nginx doesn’t resolve are none', () => {
  const fixed = [testUpstream('web', { method: 'ip_hash' })]
  assert.deepEqual(staleSeeds(fixed, endpointsOf({ web: [a] }), endpointsOf({ web: [b] })), {
    gone: [],
    reused: [],
  })
})

const idle = { gone: [], reused: [] }
const plans: [string, Partial<Parameters<typeof resolvePlan>[0]>, object][] = [
  ['other settings', { wanted: 'other' }, { kind: 'reload' }],
  ['addresses alone', {}, { kind: 'dns', seedsInMs: null }],
  [
    'a seed that has stopped just now',
    { stale: { gone: [a], reused: [] } },
    { kind: 'dns', seedsInMs: 60_000 },
  ],
  [
    'a seed that has stopped within the minute',
    { stale: { gone: [a], reused: [] }, seedsAgeMs: 59_999 },
    { kind: 'dns', seedsInMs: 1 },
  ],
  [
    'a seed that has stopped, a minute after the last were loaded',
    { stale: { gone: [a], reused: [] }, seedsAgeMs: 60_000 },
    { kind: 'seeds', urgent: false, why: `backup addresses are gone: ${a}` },
  ],
  [
    'a seed that serves another now',
    { stale: { gone: [a, b], reused: [b] } },
    { kind: 'seeds', urgent: true, why: `backup addresses serve another service now: ${b}` },
  ],
]

for (const [name, over, plan] of plans)
  test(`the plan for ${name} is ${JSON.stringify(plan).slice(0, 40)}…`, () => {
    const input = { wanted: 'same', confirmed: 'same', stale: idle, seedsAgeMs: 0, ...over }
    assert.deepEqual(resolvePlan(input), plan)
  })

test('however instances are replaced, seeds that only stopped cost one reload a minute at most', () => {
  const change = fc.record({
    afterMs: fc.integer({ min: 1, max: 90_000 }),
    at: fc.integer({ min: 1, max: 99 }),
  })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      let [now, seeds, loadedAt] = [0, `10.0.0.1:80`, 0]
      const reloads: number[] = []
      for (const { afterMs, at } of changes) {
        now += afterMs
        const found = stale({ web: [seeds] }, { web: [`10.0.0.${at}:80`] })
        const plan = resolvePlan({ wanted: 'w', confirmed: 'w', stale: found, seedsAgeMs: now - loadedAt })
        if (plan.kind !== 'seeds') continue
        assert.equal(plan.urgent, false)
        if (reloads.length > 0) assert.ok(now - (reloads.at(-1) ?? 0) >= 60_000)
        reloads.push(now)
        ;[seeds, loadedAt] = [`10.0.0.${at}:80`, now]
      }
    }),
    property(2_000),
  )
})
