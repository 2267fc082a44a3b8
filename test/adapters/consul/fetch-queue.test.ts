import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createFetchQueue } from '../../../adapters/consul/fetch-queue.ts'
import { eventually } from '../../support/eventually.ts'

/** A queue whose fetches end when the test says so. */
function startQueue(t: TestContext, workers: number) {
  const end = new AbortController()
  const started: string[] = []
  const failed: string[] = []
  const open = new Map<string, PromiseWithResolvers<void>>()
  const queue = createFetchQueue({
    workers,
    fetch: (name) => {
      assert.ok(!open.has(name), `${name} is fetched twice at a time`)
      started.push(name)
      const fetching = Promise.withResolvers<void>()
      open.set(name, fetching)
      return fetching.promise.finally(() => open.delete(name))
    },
    onFailure: (name) => failed.push(name),
    random: () => 0,
    signal: end.signal,
  })
  t.after(() => end.abort())
  const settle = async (name: string, error?: Error) => {
    if (error === undefined) open.get(name)?.resolve()
    else open.get(name)?.reject(error)
    await new Promise(setImmediate)
  }
  return { queue, started, failed, settle }
}

test('at most so many are fetched at a time, those that are known to differ first', async (t) => {
  const { queue, started, settle } = startQueue(t, 1)
  queue.later(['a', 'b', 'c'])
  queue.soon(['c'])
  await settle('a')
  await settle('c')
  await settle('b')
  assert.deepEqual(started, ['a', 'c', 'b'])
})

test('news of a name that is being fetched has it fetched once more, afterwards', async (t) => {
  const { queue, started, settle } = startQueue(t, 2)
  queue.soon(['a'])
  queue.soon(['a'])
  queue.soon(['a', 'b'])
  assert.deepEqual(started, ['a', 'b'])
  await settle('a')
  assert.deepEqual(started, ['a', 'b', 'a'])
})

test('what fails is told and tried again, unless it was forgotten', async (t) => {
  const { queue, started, failed, settle } = startQueue(t, 2)
  queue.soon(['a', 'b'])
  await settle('a', new Error('away'))
  await settle('b', new Error('away'))
  queue.forget('b')
  await eventually('another try', () => started.length === 3)
  assert.deepEqual(
    [started, failed],
    [
      ['a', 'b', 'a'],
      ['a', 'b'],
    ],
  )
})
