import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createResolve } from '../../../functions/register/resolve.ts'
import { parsedDefinition, seenTask } from '../../support/ledger.ts'

function counting(
  addresses: (ids: readonly string[]) => Map<string, string>,
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
      return new Map(arns.map((arn) => [arn, `i-${arn.split('/').at(-1)}`]))
    },
    privateAddresses: async (ids) => {
      calls.push(`addresses ${ids.length}`)
      return addresses(ids)
    },
    now: () => now,
  })
  return { calls, resolve, wait: (ms: number) => (now += ms) }
}

const all = (ids: readonly string[]) => new Map(ids.map((id) => [id, '10.0.0.1']))

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
