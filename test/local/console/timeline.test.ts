import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Change, createTimeline, type TaskEvent } from '../../../local/console/timeline.ts'

const event = (status: string, over: Partial<TaskEvent> = {}): TaskEvent => ({
  taskArn: 'arn:task/1',
  name: 'hello node1',
  status,
  version: 1,
  at: 1_000,
  servers: ['127.0.0.1:9001'],
  ...over,
})

function recorded() {
  const complete: Change[] = []
  return { complete, timeline: createTimeline(['host-a', 'host-b'], (change) => complete.push(change)) }
}

test('a change is complete once every host serves its publication', () => {
  const { complete, timeline } = recorded()
  timeline.taskEvent(event('RUNNING'))
  timeline.registered({ taskArn: 'arn:task/1', version: 1, phase: 'live', at: 1_010 })
  timeline.published({ generation: 7, releaseId: 'r', joined: ['127.0.0.1:9001'], left: [], at: 1_040 })
  timeline.hostLive({ host: 'host-a', generation: 7, at: 1_300 })
  assert.equal(complete.length, 0)
  timeline.hostLive({ host: 'host-b', generation: 8, at: 1_500 })
  assert.deepEqual(complete[0]?.liveAt, { 'host-a': 1_300, 'host-b': 1_500 })
  assert.equal(complete[0]?.publishedAt, 1_040)
  assert.deepEqual(timeline.open(), [])
})

test('a host that is live with an earlier generation does not complete a change', () => {
  const { complete, timeline } = recorded()
  timeline.taskEvent(event('RUNNING'))
  timeline.registered({ taskArn: 'arn:task/1', version: 1, phase: 'live', at: 1_010 })
  timeline.published({ generation: 7, releaseId: 'r', joined: ['127.0.0.1:9001'], left: [], at: 1_040 })
  timeline.hostLive({ host: 'host-a', generation: 6, at: 1_300 })
  timeline.hostLive({ host: 'host-b', generation: 6, at: 1_300 })
  assert.equal(complete.length, 0)
  assert.equal(timeline.open().length, 1)
})

test('a stop of a task that left nginx already has nothing to publish', () => {
  const { complete, timeline } = recorded()
  timeline.taskEvent(event('RUNNING'))
  timeline.registered({ taskArn: 'arn:task/1', version: 1, phase: 'live', at: 1_010 })
  timeline.published({ generation: 7, releaseId: 'r', joined: ['127.0.0.1:9001'], left: [], at: 1_040 })
  for (const host of ['host-a', 'host-b']) timeline.hostLive({ host, generation: 7, at: 1_100 })
  timeline.taskEvent(event('stopping', { version: 2, at: 2_000 }))
  timeline.registered({ taskArn: 'arn:task/1', version: 2, phase: 'draining', at: 2_010 })
  timeline.published({ generation: 8, releaseId: 's', joined: [], left: ['127.0.0.1:9001'], at: 2_040 })
  for (const host of ['host-a', 'host-b']) timeline.hostLive({ host, generation: 8, at: 2_100 })
  timeline.taskEvent(event('STOPPED', { version: 3, at: 3_000, servers: [] }))
  timeline.registered({ taskArn: 'arn:task/1', version: 3, phase: 'gone', at: 3_010 })
  assert.equal(complete.length, 3)
  assert.equal(complete[2]?.publishedAt, null)
})

test('a drain that leaves the task in its upstream is told with the stop that takes it out', () => {
  const { complete, timeline } = recorded()
  timeline.taskEvent(event('RUNNING'))
  timeline.registered({ taskArn: 'arn:task/1', version: 1, phase: 'live', at: 1_010 })
  timeline.published({ generation: 7, releaseId: 'r', joined: ['127.0.0.1:9001'], left: [], at: 1_040 })
  for (const host of ['host-a', 'host-b']) timeline.hostLive({ host, generation: 7, at: 1_100 })
  timeline.taskEvent(event('stopping', { version: 2, at: 2_000 }))
  timeline.registered({ taskArn: 'arn:task/1', version: 2, phase: 'draining', at: 2_010 })
  timeline.taskEvent(event('STOPPED', { version: 3, at: 7_000, servers: [] }))
  timeline.registered({ taskArn: 'arn:task/1', version: 3, phase: 'gone', at: 7_010 })
  assert.equal(complete.at(-1)?.phase, 'draining')
  timeline.published({ generation: 8, releaseId: 's', joined: [], left: ['127.0.0.1:9001'], at: 7_040 })
  for (const host of ['host-a', 'host-b']) timeline.hostLive({ host, generation: 8, at: 7_100 })
  assert.equal(complete.at(-1)?.phase, 'gone')
  assert.equal(complete.at(-1)?.publishedAt, 7_040)
})

test('a change that is published before the registrar reports it is told with all its legs', () => {
  const { complete, timeline } = recorded()
  timeline.taskEvent(event('RUNNING'))
  timeline.published({ generation: 7, releaseId: 'r', joined: ['127.0.0.1:9001'], left: [], at: 1_040 })
  timeline.hostLive({ host: 'host-a', generation: 7, at: 1_100 })
  timeline.registered({ taskArn: 'arn:task/1', version: 1, phase: 'live', at: 1_010 })
  timeline.hostLive({ host: 'host-b', generation: 7, at: 1_200 })
  assert.deepEqual(complete[0]?.liveAt, { 'host-a': 1_100, 'host-b': 1_200 })
  assert.deepEqual(timeline.open(), [])
})

test('the states of one phase are told once', () => {
  const { complete, timeline } = recorded()
  for (const [version, status] of [
    [1, 'STOPPING'],
    [2, 'DEPROVISIONING'],
    [3, 'STOPPED'],
  ] as const) {
    timeline.taskEvent(event(status, { version }))
    timeline.registered({ taskArn: 'arn:task/1', version, phase: 'gone', at: 1_000 + version })
  }
  assert.deepEqual(
    complete.map((change) => change.event.status),
    ['STOPPING'],
  )
})
