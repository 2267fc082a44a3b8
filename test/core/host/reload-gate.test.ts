import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { countGenerations, type GateInput, gateLimits, reloadGate } from '../../../core/host/reload-gate.ts'
import { property } from '../../support/scale.ts'

const base: GateInput = { now: 100_000, lastReloadAt: null, readySince: 100_000, draining: 0, urgent: false }

const cases: [string, Partial<GateInput>, boolean, number?][] = [
  ['the first change goes at once', {}, true],
  ['the first change after a quiet time goes at once', { lastReloadAt: 98_000 }, true],
  ['a second change within 2 s waits for the rest of it', { lastReloadAt: 99_500 }, false, 1_500],
  ['a removal waits for 1 s only', { lastReloadAt: 99_500, urgent: true }, false, 500],
  ['a removal goes after 1 s', { lastReloadAt: 99_000, urgent: true }, true],
  ['two draining generations hold nothing', { draining: 2 }, true],
  ['three draining generations hold a change', { draining: 3 }, false],
  ['a change is held for at most 30 s', { draining: 3, readySince: 70_000 }, true],
  ['eight draining generations do not hold a removal', { draining: 8, urgent: true }, true],
  ['nine hold it', { draining: 9, urgent: true }, false],
  ['for at most 10 s', { draining: 9, urgent: true, readySince: 90_000 }, true],
  ['a clock that went back holds nothing', { lastReloadAt: 200_000 }, true],
]
for (const [name, over, open, waitMs] of cases) {
  test(`gate: ${name}`, () => {
    const answer = reloadGate({ ...base, ...over })
    assert.equal(answer.open, open)
    if (!answer.open && waitMs !== undefined) assert.equal(answer.waitMs, waitMs)
  })
}

test('whatever happens, a ready change goes within its interval and its longest hold', () => {
  const times = fc.record({
    since: fc.nat(60_000),
    last: fc.option(fc.nat(60_000)),
    draining: fc.nat(30),
    urgent: fc.boolean(),
  })
  fc.assert(
    fc.property(times, ({ since, last, draining, urgent }) => {
      const readySince = 1_000_000
      const lastReloadAt = last === null ? null : readySince - last
      const input = { now: readySince + since, lastReloadAt, readySince, draining, urgent }
      const hold = urgent ? gateLimits.urgentDrainingHoldMs : gateLimits.drainingHoldMs
      const answer = reloadGate(input)
      if (since >= hold) assert.equal(answer.open, true)
      if (!answer.open) assert.ok(answer.waitMs > 0 && answer.waitMs <= gateLimits.intervalMs)
    }),
    property(1_000),
  )
})

test('draining workers count by the reload that brought them, unknown ones as one generation', () => {
  const born = new Map([
    [11, 1],
    [12, 1],
    [21, 2],
  ])
  assert.equal(countGenerations([], born), 0)
  assert.equal(countGenerations([11, 12], born), 1)
  assert.equal(countGenerations([11, 21, 98, 99], born), 3)
})
