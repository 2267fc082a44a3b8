import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HostAddresses } from '../../../core/task/ports.ts'
import { createResolve } from '../../../functions/register/resolve.ts'
import { parsedDefinition, seenTask } from '../../support/ledger.ts'

function counting(
  addresses: (ids: readonly string[]) => Map<string, HostAddresses>,
  definition = parsedDefinition(),
) {
  const calls: string[] = []
  let now = 0
  const resolve = createResolve({
    describeTaskDefinition: async (arn) => {
      calls.push('definition')
      if (arn.includes('broken')) throw new Error('throttled')
      return definition
    },
    describeContainerInstances: async (_cluster, arns) => {
      calls.push(`hosts ${arns.length}`)
      return new Map(arns.map((arn) => [arn, instanceOf(arn.split('/').at(-1) ?? '')]))
    },
    managedAddresses: async (ids) => {
      calls.push(`managed ${ids.length}`)
      return addresses(ids)
    },
    hostAddresses: async (ids) => {
      calls.push(`addresses ${ids.length}`)
      return addresses(ids)
    },
    now: () => now,
  })
  return { calls, resolve, wait: (ms: number) => (now += ms) }
}

const instanceOf = (name: string) => (name.startsWith('mi-') ? name : `i-${name}`)

const all = (ids: readonly string[]) =>
  new Map(ids.map((id) => [id, { address: '10.0.0.1', address6: null }]))

test('lookups of a batch are made once each and kept', async () => {
  const { calls, resolve } = counting(all)
  const tasks = ['a', 'b', 'c'].map((id) => seenTask({ id, host: id === 'c' ? 'h2' : 'h1' }).task)
  const find = await resolve(tasks)
  assert.deepEqual(
    tasks.map((task) => find(task).host?.instanceId),
    ['i-h1', 'i-h1', 'i-h2'],
  )
  await resolve(tasks)
  assert.deepEqual(calls, ['definition', 'hosts 2', 'addresses 2'])
})

test('a host that EC2 does not know yet is asked for again after five seconds', async () => {
  const { calls, resolve, wait } = counting(() => new Map())
  const { task } = seenTask({ host: 'h1' })
  assert.equal((await resolve([task]))(task).host?.address, null)
  await resolve([task])
  assert.equal(calls.length, 3)
  wait(5_001)
  await resolve([task])
  assert.deepEqual(calls.slice(3), ['hosts 1', 'addresses 1'])
})

test('a lookup that fails hits its own tasks only', async () => {
  const { resolve } = counting(all)
  const good = seenTask({ id: 'good' }).task
  const bad = { ...seenTask({ id: 'bad' }).task, taskDefinitionArn: 'arn:broken:1' }
  const find = await resolve([good, bad])
  assert.equal(find(good).definition.family, 'web')
  assert.throws(() => find(bad), /throttled/)
})

test('machines outside EC2 are asked for apart, and nobody is asked with an empty list', async () => {
  const { calls, resolve } = counting(all)
  const task = seenTask({ host: 'mi-1' }).task
  assert.equal((await resolve([task]))(task).host?.address, '10.0.0.1')
  assert.deepEqual(calls, ['definition', 'hosts 1', 'managed 1'])
})

test('batches at the same time share one look-up of a task definition', async () => {
  const { calls, resolve } = counting(all)
  const batches = Array.from({ length: 50 }, (_, batch) =>
    Array.from({ length: 10 }, (_, one) => seenTask({ id: `t${batch}-${one}` }).task),
  )
  await Promise.all(batches.map((tasks) => resolve(tasks)))
  assert.equal(calls.filter((call) => call === 'definition').length, 1)
})
