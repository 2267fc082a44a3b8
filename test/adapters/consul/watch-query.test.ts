import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { watchQuery } from '../../../adapters/consul/watch-query.ts'
import type { WatchClient } from '../../../adapters/consul/watch-read.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { eventually } from '../../support/eventually.ts'

type Asked = Parameters<WatchClient['request']>[0]
type Answer = Awaited<ReturnType<WatchClient['request']>>
type Scripted = Partial<Answer> | Error

/** A Consul that gives these answers in turn and then blocks; what it was asked, in order. */
function scripted(answers: readonly Scripted[]) {
  const asked: Asked[] = []
  const client: WatchClient = {
    request: async (request) => {
      const answer = answers[asked.length]
      asked.push(request)
      if (answer instanceof Error) throw answer
      if (answer !== undefined)
        return { index: 1, knownLeader: true, lastContactMs: 0, filtered: false, body: null, ...answer }
      return new Promise((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason), { once: true })
      })
    },
  }
  return { asked, client }
}

/** Runs a watch over the script until everything in it was asked for and it blocks. */
async function watch(answers: readonly Scripted[], parked: () => Promise<void> | null = () => null) {
  const { asked, client } = scripted(answers)
  const end = new AbortController()
  const data: unknown[] = []
  const failures: unknown[] = []
  let recoveries = 0
  const done = watchQuery({
    client,
    path: '/v1/health/service/web',
    query: {},
    parse: (body) => {
      if (body === 'malformed') throw new QuaysideError('CONSUL_REFUSED', 'malformed')
      return body
    },
    onData: (value) => data.push(value),
    onFailure: (error) => failures.push(error),
    onRecovery: () => {
      recoveries += 1
    },
    waitMs: () => 55_000,
    parked,
    now: Date.now,
    random: () => 0,
    signal: end.signal,
  })
  await eventually('the script to end', () => asked.length > answers.length)
  end.abort()
  await done
  return { asked, data, failures, recoveries, queries: asked.map(({ query }) => query.index) }
}

test('the first read is plain and consistent, the next one blocks on its index', async () => {
  const { asked } = await watch([{ index: 7, body: ['a'] }])
  assert.deepEqual(asked[0]?.query, {})
  assert.equal(asked[0]?.consistent, true)
  assert.deepEqual(asked[1]?.query, { index: '7', wait: '55000ms' })
  assert.equal(asked[1]?.consistent, false)
})

test('the client waits longer than Consul may take with its random part', async () => {
  const { asked } = await watch([{ index: 7 }])
  assert.ok((asked[1]?.timeoutMs ?? 0) > (55_000 * 17) / 16)
})

test('equal data under a new index is not reported', async () => {
  const { data, queries } = await watch([
    { index: 7, body: ['a'] },
    { index: 8, body: ['a'] },
    { index: 9, body: ['b'] },
  ])
  assert.deepEqual(data, [['a'], ['b']])
  assert.deepEqual(queries, [undefined, '7', '8', '9'])
})

test('an index of zero counts as one, so that the next query blocks', async () => {
  assert.deepEqual((await watch([{ index: 0 }])).queries, [undefined, '1'])
})

test('an index that goes back is answered by a plain read, and that answer alone counts', async () => {
  const { data, queries } = await watch([
    { index: 70, body: ['a'] },
    { index: 3, body: [] },
    { index: 4, body: ['a', 'b'] },
  ])
  assert.deepEqual(data, [['a'], ['a', 'b']])
  assert.deepEqual(queries, [undefined, '70', undefined, '4'])
})

test('a failed request is no data, and the read after it is plain', async () => {
  const away = new QuaysideError('CONSUL_UNREACHABLE', 'away')
  const { data, failures, recoveries, queries } = await watch([
    { index: 7, body: ['a'] },
    away,
    { index: 2, body: ['a'] },
  ])
  assert.deepEqual(data, [['a']])
  assert.deepEqual(failures, [away])
  assert.equal(recoveries, 1)
  assert.deepEqual(queries, [undefined, '7', undefined, '2'])
})

test('an answer without a leader is a failed request', async () => {
  const { data, failures } = await watch([{ body: ['a'] }, { knownLeader: false, body: [] }])
  assert.deepEqual(data, [['a']])
  assert.equal(failures.length, 1)
})

test('an answer that can’t be read is a failed request', async () => {
  const { data, failures } = await watch([{ body: ['a'] }, { body: 'malformed' }])
  assert.deepEqual(data, [['a']])
  assert.equal(failures.length, 1)
})

test('a parked query asks nothing, and reads plainly when it is wanted again', async () => {
  const gate = Promise.withResolvers<void>()
  let parkings = 0
  const running = watch(
    [
      { index: 7, body: [] },
      { index: 9, body: ['a'] },
    ],
    () => {
      parkings += 1
      return parkings === 1 ? gate.promise : null
    },
  )
  await delay(20)
  gate.resolve()
  const { data, queries } = await running
  assert.deepEqual(data, [[], ['a']])
  assert.deepEqual(queries, [undefined, undefined, '9'])
})

test('a refused token is asked with again only after a long while', async () => {
  const denied = new QuaysideError('CONSUL_DENIED', 'denied')
  const { client, asked } = scripted([denied, denied])
  const end = new AbortController()
  const done = watchQuery({
    client,
    path: '/v1/catalog/services',
    query: {},
    parse: (body) => body,
    onData: () => {},
    onFailure: () => {},
    onRecovery: () => {},
    waitMs: () => 1_000,
    parked: () => null,
    now: Date.now,
    random: () => 0,
    signal: end.signal,
  })
  await delay(100)
  assert.equal(asked.length, 1)
  end.abort()
  await done
})
