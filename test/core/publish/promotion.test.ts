import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextPointer } from '../../../core/publish/next-pointer.ts'
import { isOnTrial, judgeSoak, repromoted } from '../../../core/publish/promotion.ts'
import type { Pointer } from '../../../core/release/channel.ts'
import { parsePointer } from '../../../core/release/parse-pointer.ts'
import type { ReportedLayout } from '../../../core/release/parse-report.ts'
import { rawPointer } from '../../support/pointer.ts'

const minute = 60_000
const begun = Date.UTC(2026, 10, 20, 12)
const [old, tried] = ['a'.repeat(64), 'b'.repeat(64)]
const signature = { key: 'a'.repeat(16), value: 'AAAA' }
const pointerWith = (over: object): Pointer =>
  parsePointer(JSON.stringify({ pointer: { ...rawPointer, ...over }, signature })).pointer
const soak = { since: new Date(begun).toISOString(), failed: null }
const canary = pointerWith({ channel: 'canary', layout: { sha256: tried, size: 1 }, soak })
const promoted = { layout: old, at: '2026-11-20T12:00:00Z', by: 'ann', from: 'canary' }
const stable = pointerWith({ promoted })

const report = (over: Partial<ReportedLayout> = {}): ReportedLayout => ({
  ...{ host: 'i-1', deployment: 'shop', channel: 'canary', offered: tried, applied: tried },
  ...{ outcome: 'installed', step: null, reason: '', at: '2026-11-20T12:01:00Z', ...over },
})
const judge = (
  reports: readonly ReportedLayout[],
  after = 10 * minute,
  soakMs: number | null = 10 * minute,
) => judgeSoak(canary, reports, { soakMs }, begun + after)

test('a layout is on trial while it is another than the promoted one, nobody pinned a channel and no host refused it', () => {
  const pin = { layout: old, reason: '', frozen: false }
  const failed = { host: 'i-1', at: soak.since, reason: '' }
  assert.equal(isOnTrial(canary, stable), true)
  assert.equal(isOnTrial(canary, pointerWith({ promoted: { ...promoted, layout: tried } })), false)
  assert.equal(isOnTrial(canary, pointerWith({ promoted, pin })), false)
  assert.equal(isOnTrial({ ...canary, pin }, stable), false)
  assert.equal(isOnTrial({ ...canary, soak: { ...soak, failed } }, stable), false)
  assert.equal(isOnTrial(canary, pointerWith({})), false)
})

test('when its time is over and a host confirmed it, it is promoted', () => {
  assert.equal(judge([report()]).kind, 'promote')
  assert.equal(judge([report({ offered: null })]).kind, 'promote')
})

test('before its time, without a host that confirmed it, and by hand only, it waits', () => {
  assert.deepEqual(judge([report()], 9 * minute), {
    kind: 'wait',
    why: 'its time is not over',
    until: begun + 10 * minute,
  })
  assert.equal(judge([]).kind, 'wait')
  assert.equal(judge([report({ applied: old })]).kind, 'wait')
  assert.equal(judge([report()], 60 * minute, null).kind, 'wait')
})

test('one host that refused it outweighs all that confirmed it, at any time', () => {
  for (const [outcome, step] of [
    ['rejected', 'test'],
    ['rolled-back', 'confirm'],
    ['failed', 'reload'],
  ] as const)
    for (const soakMs of [null, 10 * minute]) {
      const refusal = report({ outcome, step, applied: old, host: 'i-2', reason: 'no\u001b[2J' })
      const step1 = judge([report(), refusal], minute, soakMs)
      assert.deepEqual(step1, {
        kind: 'fail',
        failed: {
          host: 'i-2',
          at: new Date(begun + minute).toISOString(),
          reason: `${outcome} at ${step}: no\\u{1b}[2J`,
        },
      })
    }
})

test('what fails by network or disk, on another layout, channel or deployment is no refusal', () => {
  const failing = { outcome: 'failed', step: 'fetch' }
  const refused = { outcome: 'rejected', step: 'test' }
  const others = [failing, { ...refused, offered: old }, { ...refused, channel: 'current' }]
  for (const over of [...others, { ...refused, deployment: 'other' }])
    assert.equal(judge([report(), report(over)]).kind, 'promote')
})

test('a trial begins anew with each layout, and lasts while only endpoints change', () => {
  const failed = { host: 'i-1', at: soak.since, reason: 'no' }
  const before = { ...canary, soak: { ...soak, failed } }
  const identity = { deployment: 'shop', channel: 'canary', lifeMs: minute }
  const next = (over: Partial<Pointer>) =>
    nextPointer(before, { ...before, ...over }, before.state, identity, begun + minute)
  assert.deepEqual(next({ endpoints: { sha256: old, size: 1 } }).soak, before.soak)
  assert.deepEqual(next({ layout: { sha256: old, size: 1 } }).soak, {
    since: new Date(begun + minute).toISOString(),
    failed: null,
  })
})

test('a promotion keeps pin, content and life, and is taken away without a trace', () => {
  const next = repromoted(stable, { ...promoted, layout: tried }, null, begun)
  assert.equal(next.promoted?.layout, tried)
  assert.deepEqual([next.layout, next.pin], [stable.layout, stable.pin])
  assert.ok(next.generation > stable.generation)
  assert.equal('promoted' in repromoted(stable, null, null, begun), false)
})
