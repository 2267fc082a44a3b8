import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type ConfirmInput,
  confirmTimeoutMs,
  confirmVerdict,
  type Probe,
  wantedWorkers,
} from '../../../core/host/confirm-verdict.ts'

const right = (pid: number): Probe => ({ configId: 'new', pid })
const good: ConfirmInput = {
  wanted: 'new',
  fatalLine: null,
  masterAlive: true,
  before: new Set([1, 2]),
  accepting: [3, 4],
  wantedWorkers: 2,
  enoughSince: 0,
  probes: [
    [right(3), right(4)],
    [right(4), right(3)],
  ],
  now: 0,
  deadline: 1,
}

const cases: [string, Partial<ConfirmInput>, string][] = [
  ['all new workers answering the wanted id in both contexts confirm', {}, 'confirmed'],
  ['without probes nothing is confirmed', { probes: [] }, 'wait'],
  ['an old worker that still accepts makes it wait', { accepting: [2, 3, 4] }, 'wait'],
  ['too few new workers make it wait', { accepting: [3] }, 'wait'],
  ['one answer of the old id makes it wait', { probes: [[right(3), { configId: 'old', pid: 4 }]] }, 'wait'],
  ['the wanted id from an old worker makes it wait', { probes: [[right(1)]] }, 'wait'],
  ['one context that does not answer makes it wait', { probes: [[right(3)], [null]] }, 'wait'],
  ['a fatal line is a refusal at once, whatever else', { fatalLine: 'nginx: [emerg] x' }, 'refused'],
  ['a master that ended is no verdict on the configuration', { masterAlive: false }, 'ended'],
  ['what would wait is late at the deadline', { probes: [[null]], now: 1 }, 'late'],
  ['at the deadline what is right still counts', { now: 1 }, 'confirmed'],
]
for (const [name, over, state] of cases)
  test(name, () => assert.equal(confirmVerdict({ ...good, ...over }).state, state))

test('an old worker that ignores its master for three seconds is called stuck, and new ones must still answer', () => {
  const verdict = (now: number, over: Partial<ConfirmInput> = {}) =>
    confirmVerdict({ ...good, accepting: [2, 3, 4], now, deadline: 9_000, ...over })
  assert.deepEqual(verdict(2_999), { state: 'wait', probe: false })
  assert.deepEqual(verdict(3_000), { state: 'confirmed', stuck: [2] })
  assert.deepEqual(verdict(3_000, { enoughSince: 100 }), { state: 'wait', probe: false })
  assert.deepEqual(verdict(3_000, { probes: [[right(2)]] }), { state: 'wait', probe: true })
})

test('a late failure says what was missing', () => {
  const reason = (over: Partial<ConfirmInput>) => {
    const verdict = confirmVerdict({ ...good, now: 1, ...over })
    return verdict.state === 'late' ? verdict.reason : verdict.state
  }
  assert.match(reason({ accepting: [1, 2] }), /0 of 2 new workers/)
  assert.match(reason({ accepting: [1, 3, 4] }), /1 old workers still accept/)
  assert.match(
    reason({ probes: [[{ configId: 'old', pid: 3 }]] }),
    /worker 3 still answers configuration old/,
  )
  assert.match(reason({ probes: [[null]] }), /did not answer/)
})

test('a configuration that is slow to test gets longer to load', () => {
  assert.equal(confirmTimeoutMs(20), 8_000)
  assert.equal(confirmTimeoutMs(2_000), 23_000)
})

test('the wanted number of workers is what the main configuration states, else what there was', () => {
  assert.equal(wantedWorkers('worker_processes 4;', 2, 8), 4)
  assert.equal(wantedWorkers('  worker_processes auto;', 3, 8), 3)
  assert.equal(wantedWorkers('worker_processes auto;', 0, 8), 1)
  assert.equal(wantedWorkers('# worker_processes 4;', 2, 8), 1)
})

test('two generations that accept for a moment are counted as one', () => {
  assert.equal(wantedWorkers('worker_processes auto;', 8, 4), 4)
  assert.equal(wantedWorkers('worker_processes 8;', 8, 4), 8)
})
