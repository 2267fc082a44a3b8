import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startLoop } from '../../agent/loop.ts'
import { type CycleRecord, done, failed } from '../../agent/record.ts'
import { eventually } from '../support/eventually.ts'

/** A loop over the given results; the last one repeats. Counts its cycles and what it logs. */
function loopOver(results: readonly CycleRecord[], pollMs: number) {
  const seen = { cycles: 0, logged: [] as string[] }
  const write = (event: string) => void seen.logged.push(event)
  const log = { info: write, warn: write }
  const cycle = async () => {
    seen.cycles += 1
    return results[Math.min(seen.cycles, results.length) - 1] ?? assert.fail('no result')
  }
  return { seen, loop: startLoop(cycle, { pollMs, random: () => 0.5, log, askedToWaitMs: () => 0 }) }
}

const fine: CycleRecord = { ...done('unchanged', null), timings: {} }
const broken: CycleRecord = { ...failed(new Error('away'), 'poll'), timings: {} }
const held: CycleRecord = { ...done('waiting', null), retryInMs: 1, timings: {} }

test('cycles follow one another until the loop is stopped', async () => {
  const { seen, loop } = loopOver([fine], 1)
  await eventually('three cycles', () => seen.cycles >= 3)
  await loop.stop()
  const { cycles } = seen
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(seen.cycles, cycles)
})

test('a held reload brings the next cycle forward', async () => {
  const { seen, loop } = loopOver([held, held, fine], 3_600_000)
  await eventually('the third cycle', () => seen.cycles === 3)
  await loop.stop()
})

test('a loop that sleeps can be woken, and stops at once', async () => {
  const { seen, loop } = loopOver([fine], 3_600_000)
  await eventually('the first cycle', () => seen.cycles === 1)
  loop.wake()
  await eventually('the second cycle', () => seen.cycles === 2)
  await loop.stop()
})

test('a failure is logged once, until a cycle succeeded between', async () => {
  const { seen, loop } = loopOver([broken, broken, fine, broken, fine], 1)
  await eventually('all cycles', () => seen.cycles >= 5)
  await loop.stop()
  assert.deepEqual(seen.logged, ['host-failed', 'host-recovered', 'host-failed', 'host-recovered'])
})

test('other trouble than before is logged too', async () => {
  const full: CycleRecord = { ...failed(new Error('full'), 'stage'), timings: {} }
  const old: CycleRecord = { ...done('stale', null, 'expired'), timings: {} }
  const { seen, loop } = loopOver([broken, full, full, old, old, fine], 1)
  await eventually('all cycles', () => seen.cycles >= 6)
  await loop.stop()
  assert.deepEqual(seen.logged, ['host-failed', 'host-failed', 'host-stale', 'host-recovered'])
})
