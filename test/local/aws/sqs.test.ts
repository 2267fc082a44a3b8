import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs'
import { eventually } from '../../support/eventually.ts'
import { startTestSqs } from '../../support/sqs.ts'

test('the queue has the visibility timeout and the redrive policy that were asked for', async (t) => {
  const { client, queueUrl, dlqUrl } = await startTestSqs(t, {
    visibilityTimeoutSeconds: 7,
    maxReceiveCount: 3,
  })
  const attributes = async (QueueUrl: string) =>
    (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {}
  const queue = await attributes(queueUrl)
  const { QueueArn } = await attributes(dlqUrl)
  assert.equal(queue.VisibilityTimeout, '7')
  assert.deepEqual(JSON.parse(queue.RedrivePolicy ?? ''), {
    deadLetterTargetArn: QueueArn,
    maxReceiveCount: 3,
  })
})

test('a message received too often goes to the dead-letter queue', async (t) => {
  const sqs = await startTestSqs(t, { maxReceiveCount: 2 })
  await sqs.send('poison')
  await eventually('redrive', async () => {
    const received = await sqs.client.send(new ReceiveMessageCommand({ QueueUrl: sqs.queueUrl }))
    for (const { ReceiptHandle } of received.Messages ?? []) {
      const change = { QueueUrl: sqs.queueUrl, ReceiptHandle, VisibilityTimeout: 0 }
      await sqs.client.send(new ChangeMessageVisibilityCommand(change))
    }
    return sqs.bodies('dlq').length === 1
  })
  assert.deepEqual([sqs.bodies('dlq'), sqs.bodies()], [['poison'], []])
})

test('a delayed message waits, and closing ends a long poll', async (t) => {
  const sqs = await startTestSqs(t)
  await sqs.send('later', 60)
  assert.deepEqual(sqs.depth(), { ready: 0, delayed: 1, inFlight: 0 })
  const poll = sqs.client.send(new ReceiveMessageCommand({ QueueUrl: sqs.queueUrl, WaitTimeSeconds: 20 }))
  const outcome = poll.then(
    () => 'answered',
    () => 'cut off',
  )
  await new Promise((resolve) => setTimeout(resolve, 50))
  await sqs.close()
  assert.match(await outcome, /answered|cut off/)
})
