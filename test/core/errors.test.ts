import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explain, QuaysideError } from '../../core/errors.ts'

test('an explanation adds what a cause says, and says nothing twice', () => {
  const cause = new Error('socket hang up')
  const explained = (message: string) => explain(new QuaysideError('AWS_UNREACHABLE', message, { cause }))
  assert.equal(explained('No answer from S3'), 'No answer from S3: socket hang up')
  assert.equal(explained('No answer.'), 'No answer. (socket hang up)')
  assert.equal(explained('No answer (socket hang up). Check it'), 'No answer (socket hang up). Check it')
})
