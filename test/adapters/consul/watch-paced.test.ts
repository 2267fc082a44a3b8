import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { paced } from '../../../adapters/consul/watch-paced.ts'
import { eventually } from '../../support/eventually.ts'

test('what is wanted many times runs at once, and then once more when its time has come', async () => {
  const end = new AbortController()
  let now = 0
  let count = 0
  const want = paced(
    200,
    () => {
      count += 1
    },
    { now: () => now, signal: end.signal },
  )
  want()
  await turn()
  assert.equal(count, 1)
  want()
  want()
  await turn()
  assert.equal(count, 1)
  await eventually('the second', () => count === 2)
  now = 1_000
  want()
  await turn()
  assert.equal(count, 3)
  want()
  end.abort()
  await delay(30)
  assert.equal(count, 3)
})

test('what takes long runs seldom', async () => {
  const end = new AbortController()
  let now = 0
  let count = 0
  const slow = async () => {
    count += 1
    now += 100
  }
  const want = paced(1, slow, { now: () => now, signal: end.signal })
  want()
  await turn()
  want()
  await delay(30)
  assert.equal(count, 1)
  end.abort()
})
