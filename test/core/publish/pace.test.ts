import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  noteChange,
  noteNothing,
  notePublish,
  publishAt,
  startPace,
  withoutFuture,
} from '../../../core/publish/pace.ts'
import { defaultPublishSettings } from '../../../core/settings/defaults.ts'
import { property } from '../../support/scale.ts'

const settings = defaultPublishSettings.pace
const t0 = 1_000_000
/** Long enough for tasks that start together, too short for a person to notice. */
const gatherMs = 25

/** A pace that has just published `count` times at t0. */
function published(count: number) {
  let pace = startPace(settings, t0)
  for (let n = 0; n < count; n += 1) pace = notePublish(noteChange(pace, t0, false), settings, t0)
  return pace
}

test('a first change after quiet goes out as soon as what comes together with it is in', () => {
  assert.equal(publishAt(noteChange(startPace(settings, t0), t0, false), settings), t0 + gatherMs)
  assert.equal(publishAt(noteChange(published(1), t0 + 3_000, false), settings), t0 + 3_000 + gatherMs)
})

test('changes that come together go out together, and never wait longer than 100 ms for one another', () => {
  let pace = startPace(settings, t0)
  for (const after of [0, 20, 40]) pace = noteChange(pace, t0 + after, false)
  assert.equal(publishAt(pace, settings), t0 + 40 + gatherMs)
  for (let after = 60; after <= 500; after += 20) pace = noteChange(pace, t0 + after, false)
  assert.equal(publishAt(pace, settings), t0 + 100)
})

test('nothing pending means no time', () => {
  assert.equal(publishAt(published(1), settings), null)
  assert.equal(publishAt(noteNothing(noteChange(published(1), t0 + 1, false)), settings), null)
})

test('soon after a publication a change waits for a second without another one', () => {
  const first = noteChange(published(1), t0 + 100, false)
  assert.equal(publishAt(first, settings), t0 + 1_100)
  assert.equal(publishAt(noteChange(first, t0 + 900, false), settings), t0 + 1_900)
})

test('changes that never end go out after ten seconds', () => {
  let pace = published(1)
  for (let at = 100; at <= 20_000; at += 500) pace = noteChange(pace, t0 + at, false)
  assert.equal(publishAt(pace, settings), t0 + 10_100)
})

test('a removal doesn’t wait for more, and may borrow one token', () => {
  assert.equal(publishAt(noteChange(published(1), t0 + 100, true), settings), t0 + 100 + gatherMs)
  assert.equal(publishAt(noteChange(published(2), t0 + 100, true), settings), t0 + 100 + gatherMs)
  assert.equal(publishAt(noteChange(published(3), t0 + 100, true), settings), t0 + 3_000)
})

test('by a clock that was set back, what waits goes out as soon as it would have', () => {
  const waiting = noteChange(published(2), t0 + 100, true)
  const due = publishAt(waiting, settings)! - (t0 + 100)
  for (const back of [1, 20_000, 7_200_000]) {
    const now = t0 + 100 - back
    assert.equal(publishAt(withoutFuture(waiting, now), settings), now + due)
    assert.equal(publishAt(noteChange(withoutFuture(published(1), now), now, true), settings), now + gatherMs)
  }
  assert.equal(withoutFuture(waiting, t0 + 100), waiting)
})

test('without a token an addition waits for one', () => {
  assert.equal(publishAt(noteChange(published(2), t0 + 100, false), settings), t0 + 3_000)
})

const changes = fc.array(fc.record({ after: fc.integer({ min: 0, max: 4_000 }), urgent: fc.boolean() }), {
  maxLength: 60,
})

/** Feeds changes at their times and publishes as soon as it is allowed; returns the times of publication. */
function simulate(steps: readonly { after: number; urgent: boolean }[]): number[] {
  let pace = startPace(settings, t0)
  let now = t0
  const times: number[] = []
  const publishUntil = (end: number) => {
    for (let due = publishAt(pace, settings); due !== null && due < end; due = publishAt(pace, settings)) {
      // A time that has passed means now: an urgent change may make one due that was waiting.
      const at = Math.max(due, now)
      times.push(at)
      pace = notePublish(pace, settings, at)
    }
  }
  for (const { after, urgent } of steps) {
    publishUntil(now + after)
    now += after
    pace = noteChange(pace, now, urgent)
  }
  publishUntil(Number.POSITIVE_INFINITY)
  return times
}

test('publications keep within the budget: in any minute at most 20, the burst and one borrowed', () => {
  fc.assert(
    fc.property(changes, (steps) => {
      const times = simulate(steps)
      for (const begin of times) {
        const within = times.filter((at) => at >= begin && at < begin + 60_000).length
        assert.ok(within <= 60_000 / settings.budgetEveryMs + settings.budgetBurst + 1, `${within}`)
      }
    }),
    property(5_000),
  )
})

test('no change waits longer than the debounce and three tokens take', () => {
  fc.assert(
    fc.property(changes, (steps) => {
      const times = simulate(steps)
      let now = t0
      for (const { after } of steps) {
        now += after
        const at = times.find((time) => time >= now)
        assert.ok(at !== undefined && at - now <= settings.debounceMaxMs + 3 * settings.budgetEveryMs)
      }
    }),
    property(5_000),
  )
})
