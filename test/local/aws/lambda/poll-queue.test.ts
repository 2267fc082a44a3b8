import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type PollOptions, pollQueue } from '../../../../local/aws/lambda/poll-queue.ts'
import type { SqsRecord } from '../../../../local/aws/lambda/sqs-event.ts'
import { eventually } from '../../../support/eventually.ts'
import { startTestSqs, type TestSqs } from '../../../support/sqs.ts'

function poll(t: TestContext, sqs: TestSqs, options: Pick<PollOptions, 'handler'> & Partial<PollOptions>) {
  const poller = pollQueue({ sqs: sqs.config, queueUrl: sqs.queueUrl, queueArn: sqs.queueArn, ...options })
  t.after(() => poller.close())
  return poller
}

const isEmpty = (sqs: TestSqs) => () => Object.values(sqs.depth()).every((count) => count === 0)

test('messages reach the handler in the shape of a Lambda event and are deleted', async (t) => {
  const sqs = await startTestSqs(t)
  const records: SqsRecord[] = []
  const contexts: unknown[] = []
  poll(t, sqs, {
    functionName: 'register',
    timeoutMs: 5000,
    handler: async ({ Records }, context) => {
      records.push(...Records)
      contexts.push(context.functionName, context.getRemainingTimeInMillis() <= 5000)
      return undefined
    },
  })
  const messageId = await sqs.send('{"n":1}')
  await eventually('deletion', isEmpty(sqs))
  const [record] = records
  assert.deepEqual(
    [record?.messageId, record?.body, record?.eventSource, record?.eventSourceARN, record?.awsRegion],
    [messageId, '{"n":1}', 'aws:sqs', sqs.queueArn, 'eu-central-1'],
  )
  assert.equal(record?.attributes.ApproximateReceiveCount, '1')
  assert.match(record?.attributes.SentTimestamp ?? '', /^\d{13}$/)
  assert.deepEqual(contexts, ['register', true])
})

test('only the messages named in batchItemFailures stay, and they come again', async (t) => {
  const sqs = await startTestSqs(t, { visibilityTimeoutSeconds: 1 })
  const seen: string[] = []
  poll(t, sqs, {
    handler: async ({ Records }) => {
      seen.push(...Records.map(({ body }) => body))
      const failed = Records.filter(({ body, attributes }) => {
        return body === 'bad' && attributes.ApproximateReceiveCount === '1'
      })
      return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) }
    },
  })
  await Promise.all(['good', 'bad', 'fine'].map((body) => sqs.send(body)))
  await eventually('second delivery', () => seen.length === 4)
  await eventually('deletion', isEmpty(sqs))
  assert.deepEqual(seen.toSorted(), ['bad', 'bad', 'fine', 'good'])
})

for (const [how, handler] of [
  ['throws', () => Promise.reject(new Error('broken'))],
  ['runs out of time', () => new Promise<undefined>(() => {})],
  ['names an unknown message', async () => ({ batchItemFailures: [{ itemIdentifier: 'unknown' }] })],
] as const) {
  test(`the whole batch fails when the handler ${how}`, async (t) => {
    const sqs = await startTestSqs(t)
    let calls = 0
    poll(t, sqs, {
      timeoutMs: 50,
      handler: () => {
        calls += 1
        return handler()
      },
    })
    await Promise.all(['a', 'b'].map((body) => sqs.send(body)))
    await eventually('both in flight', () => calls > 0 && sqs.depth().inFlight === 2)
    await new Promise((resolve) => setTimeout(resolve, 80))
    assert.equal(sqs.depth().inFlight, 2)
  })
}

test('batches hold up to the batch size and run up to the given number at a time', async (t) => {
  const sqs = await startTestSqs(t)
  await Promise.all(Array.from({ length: 20 }, (_, n) => sqs.send(`${n}`)))
  const sizes: number[] = []
  const gate = Promise.withResolvers<void>()
  poll(t, sqs, {
    batchSize: 5,
    concurrency: 3,
    handler: async ({ Records }) => {
      sizes.push(Records.length)
      await gate.promise
      return undefined
    },
  })
  await eventually('three batches', () => sizes.length === 3)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual(sizes, [5, 5, 5])
  gate.resolve()
  await eventually('the rest', isEmpty(sqs))
})

test('closing waits for the running handler and receives nothing more', async (t) => {
  const sqs = await startTestSqs(t)
  const started = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const poller = poll(t, sqs, {
    concurrency: 1,
    handler: async () => {
      started.resolve()
      await gate.promise
      return undefined
    },
  })
  await sqs.send('first')
  await started.promise
  const closed = poller.close()
  gate.resolve()
  await closed
  assert.equal(isEmpty(sqs)(), true)
})

test('a queue that can not be reached is tried again and logged', async (t) => {
  const sqs = await startTestSqs(t)
  const lines: string[] = []
  const config = { ...sqs.config, endpoint: 'http://127.0.0.1:1', maxAttempts: 1 }
  poll(t, sqs, {
    sqs: config,
    queueUrl: 'http://127.0.0.1:1/000000000000/none',
    handler: async () => undefined,
    log: (line) => lines.push(line),
  })
  await eventually('two attempts', () => lines.length >= 4)
  assert.match(lines[0] ?? '', /polling http:\/\/127.0.0.1:1\/000000000000\/none failed, trying again/)
})
