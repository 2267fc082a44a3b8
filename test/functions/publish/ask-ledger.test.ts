import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLedgerAsker } from '../../../functions/publish/ask-ledger.ts'
import { evidence, keyOf, t0 } from '../../support/guard.ts'

function asker(read: () => Promise<ReturnType<typeof evidence>>) {
  const clock = { now: t0, reads: 0, failures: 0 }
  const counted = () => {
    clock.reads += 1
    return read()
  }
  const failed = () => {
    clock.failures += 1
  }
  return {
    clock,
    ...createLedgerAsker(
      counted,
      () => {},
      failed,
      () => clock.now,
    ),
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('the epoch is read once without a question, some time after the start', async () => {
  const { clock, ask, ...ledger } = asker(async () => evidence(t0, {}))
  const due = ask([], clock.now)
  assert.ok(due !== null && due > t0)
  assert.equal(clock.reads, 0)
  clock.now = due
  assert.equal(ask([], clock.now), null)
  await settled()
  assert.equal(ledger.evidence()?.epoch, 'e1')
  clock.now += 3_600_000
  assert.equal(ask([], clock.now), null)
  assert.equal(clock.reads, 1)
})

test('a question is asked at once, and one read at a time', async () => {
  const { clock, ask } = asker(async () => evidence(t0, { 1: null }))
  const question = [{ ledger: keyOf(1), since: t0 }]
  ask(question, t0)
  ask(question, t0)
  assert.equal(clock.reads, 1)
  await settled()
  assert.equal(ask(question, t0), t0 + 5_000)
})

test('a failed read leaves the evidence as it was and is repeated later', async () => {
  const { clock, ask, ...ledger } = asker(() => Promise.reject(new Error('away')))
  const question = [{ ledger: keyOf(1), since: t0 }]
  ask(question, t0)
  await settled()
  assert.deepEqual([ledger.evidence(), clock.failures], [null, 1])
  const again = ask(question, t0)
  assert.ok(again !== null && again > t0)
})
