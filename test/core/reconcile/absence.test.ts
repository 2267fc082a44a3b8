import assert from 'node:assert/strict'
import { test } from 'node:test'
import { transition } from '../../../core/ledger/transition.ts'
import { judgeAbsences } from '../../../core/reconcile/absence.ts'
import { factOf, seenTask } from '../../support/ledger.ts'

const live = transition(null, factOf(seenTask())).entry
const missing = (count: number) => new Map(Array.from({ length: count }, (_, index) => [`t${index}`, live]))
const pass = (at: number, rest: object = {}) => ({ at, known: 100, listed: 50, override: false, ...rest })

test('a task is gone by absence only after a second look 30 seconds later', () => {
  const first = judgeAbsences(missing(1), {}, pass(0))
  assert.deepEqual([first.gone, first.marks, first.held[0]?.reason], [[], { t0: 0 }, 'first-look'])
  assert.deepEqual(judgeAbsences(missing(1), first.marks, pass(29_999)).gone, [])
  const second = judgeAbsences(missing(1), first.marks, pass(30_000))
  assert.deepEqual([second.gone, second.marks], [['t0'], {}])
})

test('a task that was seen again is forgotten by the marks', () => {
  assert.deepEqual(judgeAbsences(missing(0), { t0: 0 }, pass(60_000)).marks, {})
})

test('a task that is draining needs a second look too: until it is gone it may still be answering', () => {
  const draining = transition(live, factOf(seenTask({ version: 4, desiredStatus: 'STOPPED' }))).entry
  const tasks = new Map([['t0', draining]])
  assert.deepEqual(judgeAbsences(tasks, {}, pass(0)).gone, [])
  assert.deepEqual(judgeAbsences(tasks, { t0: 0 }, pass(30_000)).gone, ['t0'])
})

test('more than 10 tasks and 30 percent of a cluster wait ten minutes', () => {
  const marks = judgeAbsences(missing(31), {}, pass(0)).marks
  assert.deepEqual(judgeAbsences(missing(31), marks, pass(60_000)).held[0]?.reason, 'breaker')
  assert.equal(judgeAbsences(missing(31), marks, pass(600_000)).gone.length, 31)
  assert.equal(judgeAbsences(missing(30), marks, pass(60_000)).gone.length, 30)
})

test('an empty list against living tasks needs an override, never repetition', () => {
  const old = { t0: -10_000_000 }
  const held = judgeAbsences(missing(1), old, pass(0, { listed: 0 }))
  assert.deepEqual([held.gone, held.held[0]?.reason], [[], 'contradiction'])
  assert.deepEqual(judgeAbsences(missing(1), {}, pass(0, { listed: 0, override: true })).gone, ['t0'])
})

test('a pass that contradicts what is known is no first look either', () => {
  assert.deepEqual(judgeAbsences(missing(1), {}, pass(0, { listed: 0 })).marks, {})
  assert.deepEqual(judgeAbsences(missing(1), { t0: 0 }, pass(60_000, { listed: 0 })).marks, {})
})
