import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { askedToWaitMs, pollDelayMs } from '../../../core/host/poll-delay.ts'
import { property } from '../../support/scale.ts'

test('a delay lies within a fifth around what failures have made of the interval, and half a minute is the most', () => {
  const interval = fc.integer({ min: 50, max: 3_600_000 })
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(interval, fc.nat({ max: 1_000 }), random, (pollMs, failures, r) => {
      const delay = pollDelayMs(pollMs, failures, r)
      const longest = Math.max(pollMs, 30_000)
      assert.ok(delay >= Math.round(0.8 * Math.min(longest, pollMs * 2 ** failures)))
      assert.ok(delay <= Math.round(1.2 * longest))
    }),
    property(5_000),
  )
})

test('a fleet’s polls are spread over the whole range', () => {
  const delays = Array.from({ length: 100 }, (_, i) => pollDelayMs(1_000, 0, i / 100))
  assert.ok(Math.min(...delays) < 810 && Math.max(...delays) > 1_190)
  assert.ok(new Set(delays).size > 90)
})

test('no host comes back before the server wants it, and not all at the same moment', () => {
  assert.equal(pollDelayMs(1_000, 1, 0, { askedToWaitMs: 60_000 }), 60_000)
  assert.equal(pollDelayMs(1_000, 1, 0.5, { askedToWaitMs: 60_000 }), 66_000)
  assert.equal(pollDelayMs(1_000, 99, 0.5, { askedToWaitMs: 1_000 }), 30_000)
})

test('Retry-After is read in seconds and as a date, five minutes at the most, and anything else is nothing', () => {
  const now = Date.parse('2026-11-20T12:00:00Z')
  const asked = (text: string | undefined) => askedToWaitMs(text, now)
  assert.equal(asked('7'), 7_000)
  assert.equal(asked('Fri, 20 Nov 2026 12:00:10 GMT'), 10_000)
  assert.equal(asked('Fri, 20 Nov 2026 11:00:00 GMT'), 0)
  assert.equal(asked('999999999'), 300_000)
  for (const text of [undefined, '', 'soon', '-3', '1e9']) assert.equal(asked(text), 0)
})
