import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Pointer, releaseId } from '../../../core/release/channel.ts'
import { fleetOf } from '../../../core/release/fleet.ts'
import { testPointer } from '../../support/pointer.ts'
import { reportedHost } from '../../support/reported-host.ts'

const minute = 60_000
const now = Date.parse('2026-11-20T12:00:00.000Z')
const pointer: Pointer = testPointer({ deployment: 'test', channel: 'current' })
const release = releaseId(pointer)
const at = (before: number) => new Date(now - before).toISOString()

function standing(over: Parameters<typeof reportedHost>[0], since = now - 10 * minute) {
  return fleetOf([reportedHost({ at: at(0), ...over })], pointer, { now, since })[0]?.standing
}

test('a host with the release of its channel is current', () => {
  assert.equal(standing({ release }), 'current')
})

test('a host with another release is behind once it had a minute', () => {
  assert.equal(standing({ release: 'other' }, now - minute + 1), 'current')
  assert.equal(standing({ release: 'other' }, now - minute), 'behind')
  assert.equal(standing({ release: null }), 'behind')
})

test('where releases follow one another a host keeps up with one that was in force within the last minute', () => {
  const earlier = new Set(['other'])
  const stands = (over: Parameters<typeof reportedHost>[0]) =>
    fleetOf([reportedHost({ at: at(0), ...over })], pointer, { now, since: now - 10 * minute, earlier })[0]
      ?.standing
  assert.equal(stands({ release: 'other' }), 'current')
  assert.equal(stands({ release: 'older' }), 'behind')
  assert.equal(stands({ release: null }), 'behind')
})

test('a host that has the release and cannot go on, as without nginx, is not current', () => {
  assert.equal(standing({ release, outcome: 'waiting', step: 'reload' }), 'behind')
  assert.equal(standing({ release, outcome: 'failed' }), 'behind')
  assert.equal(standing({ release, outcome: 'stale' }), 'behind')
})

test('a host that says that it cannot is refusing, whatever it runs', () => {
  assert.equal(standing({ release: 'other', outcome: 'rejected' }), 'refusing')
  assert.equal(standing({ release, outcome: 'rolled-back' }), 'refusing')
})

test('a host that is silent for a quarter of an hour is gone, and forgotten after a day', () => {
  assert.equal(standing({ release, at: at(15 * minute - 1) }), 'current')
  assert.equal(standing({ release, at: at(15 * minute) }), 'gone')
  assert.equal(standing({ release, at: at(24 * 60 * minute) }), undefined)
})

test('how long a host is silent is told by the clock of the bucket, not by its own', () => {
  assert.equal(standing({ release, at: at(60 * minute), writtenAt: now }), 'current')
  assert.equal(standing({ release, at: at(-60 * minute), writtenAt: now - 15 * minute }), 'gone')
})

test('hosts of other channels and deployments are not counted', () => {
  assert.equal(standing({ release, channel: 'canary' }), undefined)
  assert.equal(standing({ release, deployment: 'shop' }), undefined)
})
