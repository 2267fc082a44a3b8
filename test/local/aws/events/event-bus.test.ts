import assert from 'node:assert/strict'
import { test } from 'node:test'
import { taskStatePattern } from '../../../../core/settings/event-patterns.ts'
import { type AwsEvent, createEventBus } from '../../../../local/aws/events/event-bus.ts'
import { sendToQueue } from '../../../../local/aws/events/queue-target.ts'
import { taskEvent } from '../../../support/event.ts'
import { startTestSqs } from '../../../support/sqs.ts'

const event = taskEvent({})
const pattern = taskStatePattern([event.detail.clusterArn])

test('a matching event reaches the queue as its own JSON, another one does not', async (t) => {
  const sqs = await startTestSqs(t)
  const bus = createEventBus({
    rules: [{ name: 'tasks', pattern, send: sendToQueue(sqs.client, sqs.queueUrl) }],
  })
  assert.deepEqual(await bus.put(event), ['tasks'])
  assert.deepEqual(await bus.put({ ...event, source: 'aws.other' }), [])
  assert.deepEqual(
    sqs.bodies().map((body) => JSON.parse(body)),
    [event],
  )
})

test('a target that fails is tried again, and an event that no attempt delivers is dropped by name', async () => {
  const sent: AwsEvent[] = []
  const dropped: string[] = []
  let failures = 1
  const flaky = async (taken: AwsEvent): Promise<void> => {
    if (failures-- > 0) throw new Error('not now')
    sent.push(taken)
  }
  const dead = async (): Promise<void> => {
    throw new Error('never')
  }
  const bus = createEventBus({
    rules: [
      { name: 'flaky', pattern, send: flaky },
      { name: 'dead', pattern, send: dead },
    ],
    retryDelaysMs: [1, 1],
    onDropped: (rule) => dropped.push(rule),
  })
  await bus.put(event)
  assert.deepEqual([sent, dropped], [[event], ['dead']])
})
