import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QuaysideError } from '../../../core/errors.ts'
import { secondsUntilShown } from '../../../functions/register/batch.ts'

const received = (count: number) => ({
  ...{ messageId: 'm', receiptHandle: 'r', body: '' },
  attributes: { ApproximateReceiveCount: String(count) },
})

test('a message that can succeed comes back after 2, 5, 15 and then 30 seconds, half of it jitter', () => {
  const away = new QuaysideError('CONSUL_UNREACHABLE', 'nobody answers')
  const longest = [1, 2, 3, 4, 20].map((count) => secondsUntilShown(received(count), away, () => 1))
  assert.deepEqual(longest, [2, 5, 15, 30, 30])
  const shortest = [1, 2, 3, 4].map((count) => secondsUntilShown(received(count), away, () => 0))
  assert.deepEqual(shortest, [1, 3, 8, 15])
})

test('a message that nobody can read uses up its receives at once', () => {
  const malformed = new QuaysideError('EVENT_INVALID', 'detail is missing')
  assert.equal(
    secondsUntilShown(received(3), malformed, () => 1),
    1,
  )
})

test('a message that waits for a person is left to the visibility timeout', () => {
  const denied = new QuaysideError('CONSUL_DENIED', 'the token is refused')
  assert.equal(
    secondsUntilShown(received(1), denied, () => 1),
    null,
  )
})
