import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeChange } from '../../../local/console/describe-change.ts'
import type { Change } from '../../../local/console/timeline.ts'

const change: Change = {
  event: {
    ...{ taskArn: 'task', name: 'hello node1 (cf6fc86f)', status: 'RUNNING', version: 1 },
    ...{ at: 1_000, servers: [] },
  },
  ...{ phase: 'live', registeredAt: 1_020, publishedAt: 1_082, generation: 7 },
  liveAt: { 'host-b': 1_631, 'host-a': 1_941 },
}

test('a change is one line: its legs in milliseconds from the event, the hosts always in the same order', () => {
  const line =
    'hello node1 (cf6fc86f) RUNNING → registered 20 ms → published 82 ms → live: host-a 941 ms, host-b 631 ms'
  assert.equal(describeChange(change), line)
})

test('a change that nginx need not know of ends with the registration', () => {
  const line = 'hello node1 (cf6fc86f) RUNNING → registered 20 ms → nothing to publish'
  assert.equal(describeChange({ ...change, publishedAt: null, liveAt: {} }), line)
})

test('a change that another overtook before it was live anywhere ends with its publication', () => {
  const line = 'hello node1 (cf6fc86f) RUNNING → registered 20 ms → published 82 ms'
  assert.equal(describeChange({ ...change, liveAt: {} }), line)
})
