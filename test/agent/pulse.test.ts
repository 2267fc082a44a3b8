import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPulse } from '../../agent/pulse.ts'
import type { CycleRecord } from '../../agent/record.ts'

test('a change waits from the first cycle that ended with it waiting until one ends otherwise', () => {
  let now = 0
  const pulse = createPulse(() => now)
  const end = (outcome: CycleRecord['outcome'], step: CycleRecord['step']) => {
    now += 10
    pulse.end({ outcome, step, releaseId: null, reason: '', timings: {}, retryInMs: null })
    return pulse.read().waitingMs
  }
  assert.equal(end('waiting', null), null)
  assert.deepEqual([end('waiting', 'confirm'), end('waiting', 'test')], [0, 10])
  assert.deepEqual([end('endpoints', null), end('waiting', 'test')], [null, 0])
})
