import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPace } from '../../adapters/pace.ts'
import { property } from '../support/scale.ts'

/** A clock that wakes each sleeper when its time has come, never later. */
function openClock() {
  let time = 0
  const waiting: { readonly until: number; readonly wake: () => void }[] = []
  async function passUntil(target: number): Promise<void> {
    for (;;) {
      waiting.sort((a, b) => a.until - b.until)
      const next = waiting[0]
      if (next === undefined || next.until > target) break
      waiting.shift()
      time = next.until
      next.wake()
      await new Promise(setImmediate)
    }
    if (Number.isFinite(target)) time = target
  }
  return {
    now: () => time,
    sleep: (ms: number) => new Promise<void>((wake) => void waiting.push({ until: time + ms, wake })),
    pass: (ms: number) => passUntil(time + ms),
  }
}

test('in no stretch of time are more calls made than the burst and the rate allow, in whatever rhythm they come', async () => {
  const pauses = fc.array(fc.nat(2_000), { minLength: 1, maxLength: 60 })
  const rates = fc.record({
    perSecond: fc.integer({ min: 1, max: 20 }),
    burst: fc.integer({ min: 1, max: 20 }),
  })
  await fc.assert(
    fc.asyncProperty(rates, pauses, async (rate, rhythm) => {
      const clock = openClock()
      const pace = createPace(rate, clock)
      const made: number[] = []
      const calls: Promise<unknown>[] = []
      for (const ms of rhythm) {
        await clock.pass(ms % 3 === 0 ? 0 : ms)
        calls.push(pace(async () => void made.push(clock.now())))
      }
      await clock.pass(Number.POSITIVE_INFINITY)
      await Promise.all(calls)
      assert.equal(made.length, rhythm.length)
      for (const [first, from] of made.entries()) {
        for (const [last, to] of made.entries()) {
          if (last < first) continue
          // Waits are whole milliseconds, each rounded up on its own.
          const allowed = rate.burst + ((to - from + 1) * rate.perSecond) / 1_000
          assert.ok(last - first + 1 <= allowed + 1e-6, `${last - first + 1} calls in ${to - from} ms`)
        }
      }
    }),
    property(2_000),
  )
})

test('a call that fails lets the next one go on', async () => {
  const pace = createPace({ perSecond: 1_000, burst: 2 })
  await assert.rejects(
    pace(() => Promise.reject(new Error('throttled'))),
    /throttled/,
  )
  assert.equal(await pace(async () => 'fine'), 'fine')
})
