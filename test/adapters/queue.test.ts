import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { batchesOf, createQueue } from '../../adapters/queue.ts'
import { property } from '../support/scale.ts'
import { startTestSqs } from '../support/sqs.ts'

test('no request has more than ten messages or 256 KiB, and each message is in one', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 60_000 }), { maxLength: 60 })
  fc.assert(
    fc.property(sizes, (lengths) => {
      const messages = lengths.map((length, index) => ({
        body: `${index} ${'x'.repeat(length)}`,
        delaySeconds: 5,
      }))
      const batches = batchesOf(messages)
      assert.deepEqual(batches.flat(), messages)
      for (const batch of batches) {
        const bytes = batch.reduce((sum, { body }) => sum + Buffer.byteLength(JSON.stringify(body)), 0)
        assert.ok(batch.length <= 10 && bytes <= 256 * 1024, `${batch.length} messages, ${bytes} bytes`)
      }
    }),
    property(1_000),
  )
})

test('messages arrive as JSON with their delay', async (t) => {
  const sqs = await startTestSqs(t)
  const queue = createQueue(sqs.queueUrl, sqs.config)
  const messages = Array.from({ length: 23 }, (_, index) => ({ body: { index }, delaySeconds: index % 2 }))
  await queue.send(messages)
  assert.deepEqual(sqs.depth(), { ready: 12, delayed: 11, inFlight: 0 })
  const arrived = sqs.bodies().map((body) => (JSON.parse(body) as { index: number }).index)
  assert.deepEqual(
    arrived.toSorted((a, b) => a - b),
    messages.map(({ body }) => body.index),
  )
})
