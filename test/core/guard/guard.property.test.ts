import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Verdict } from '../../../core/catalog/judge.ts'
import { guardService } from '../../../core/guard/guard.ts'
import type { ServiceMemory } from '../../../core/guard/memory.ts'
import { context, evidence, judged, ours, proof, t0 } from '../../support/guard.ts'
import { property } from '../../support/scale.ts'

const verdict = fc.constantFrom<Verdict>('passing', 'draining', 'unhealthy', 'waiting', 'unproven')

/** One look at the catalog: what it says of tasks 1–4 (null: nothing), how much time passed, whether the ledger was read. */
const step = fc.record({
  instances: fc.array(fc.option(verdict), { minLength: 4, maxLength: 4 }),
  passed: fc.integer({ min: 0, max: 3_600_000 }),
  read: fc.constantFrom('none', 'now', 'failed'),
  stamped: fc.boolean(),
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Runs the steps in order; task 1 is live in the ledger throughout, the others have no entry. */
function run(steps: readonly Step[], check: (members: ServiceMemory, step: Step) => void): void {
  let memory = guardService(judged([ours(1, 'passing')]), undefined, context()).memory
  let now = t0
  let last = null as ReturnType<typeof evidence> | null
  for (const one of steps) {
    now += one.passed
    const entries = { 1: proof(1), 2: null, 3: null, 4: null }
    if (one.read === 'now') last = evidence(now, entries, { stampedAt: one.stamped ? now : null })
    const instances = one.instances.flatMap((state, at) => (state === null ? [] : [ours(at + 1, state)]))
    memory = guardService(judged(instances), memory, context({ now, evidence: last })).memory
    check(memory, one)
  }
}

test('a task that is live by the ledger stays in, however it vanishes and comes back', () => {
  const shown = fc.constantFrom<Verdict | null>('passing', 'unproven', null)
  const steps = fc.array(fc.tuple(step, shown), { maxLength: 12 })
  fc.assert(
    fc.property(steps, (given) => {
      const own = given.map(([one, first]) => ({ ...one, instances: [first, ...one.instances.slice(1)] }))
      run(own, ({ members }) => assert.ok(members.some(({ id }) => id === 'web-1')))
    }),
    property(20_000),
  )
})

test('without a reconcile pass nothing that the catalog shows or hides empties a service', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const unreconciled = steps.map((one) => ({ ...one, stamped: false }))
      run(unreconciled, ({ members }) => assert.ok(members.length > 0))
    }),
    property(20_000),
  )
})

test('where something passes, exactly the passing ones and the held ones are in', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      run(steps, (memory, { instances }) => {
        const passing = instances.flatMap((state, at) => (state === 'passing' ? [`web-${at + 1}`] : []))
        const shown = instances.flatMap((state, at) =>
          state && state !== 'unproven' ? [`web-${at + 1}`] : [],
        )
        if (passing.length === 0) return
        const unheld = memory.members.map(({ id }) => id).filter((id) => shown.includes(id))
        assert.deepEqual(unheld.sort(), passing)
      })
    }),
    property(20_000),
  )
})

test('draining alone never empties an upstream, whatever the order', () => {
  const order = fc.shuffledSubarray([1, 2, 3, 4], { minLength: 4 })
  fc.assert(
    fc.property(order, (drained) => {
      const all = [1, 2, 3, 4]
      let memory = guardService(judged(all.map((n) => ours(n, 'passing'))), undefined, context()).memory
      for (const [index] of drained.entries()) {
        const out = new Set(drained.slice(0, index + 1))
        const now = judged(all.map((n) => ours(n, out.has(n) ? 'draining' : 'passing')))
        memory = guardService(now, memory, context()).memory
        assert.ok(memory.members.length > 0)
      }
    }),
    property(1_000),
  )
})

test('no address is in twice', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      run(steps, ({ members }) => {
        const places = members.map(({ server }) => `${server.address}:${server.port}`)
        assert.equal(new Set(places).size, places.length)
      })
    }),
    property(5_000),
  )
})
