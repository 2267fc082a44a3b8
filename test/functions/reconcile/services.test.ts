import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandler } from '../../../functions/reconcile/handler.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { catalogOf, fakeAws, registerDeps } from '../../support/register.ts'

const context = { getRemainingTimeInMillis: () => 20_000 }

/** Two tasks of `web`, of which ECS has lost sight of one; two looks lie behind us. */
async function openDoubt(running: number) {
  const consul = createMemoryConsul()
  const aws = fakeAws()
  let time = 1_800_000_000_000
  const deps = registerDeps(consul, aws, () => time)
  const pass = async (event = {}, over: Partial<typeof deps.ecs> = {}) => {
    time += 60_000
    await createHandler({ ...deps, ecs: { ...deps.ecs, ...over } })(event, context)
  }
  aws.tasks.set('t1', {})
  aws.tasks.set('t2', {})
  await pass()
  aws.tasks.delete('t1')
  aws.running.set('web', running)
  return { aws, pass, lines: deps.lines, count: async () => (await catalogOf(consul)).length }
}

test('a task that ECS does not know is kept while its service says that it runs more than is listed', async () => {
  const { aws, pass, lines, count } = await openDoubt(2)
  for (let look = 0; look < 20; look++) await pass()
  assert.equal(await count(), 2)
  assert.ok(lines.some(({ event }) => event === 'reconcile-contradiction'))
  aws.running.set('web', 1)
  await pass()
  await pass()
  assert.equal(await count(), 1)
})

test('an override resolves it, and services are asked for nothing else', async () => {
  const { aws, pass, count } = await openDoubt(2)
  await pass()
  assert.equal(aws.calls.includes('DescribeServices'), false)
  await pass()
  assert.equal(aws.calls.filter((call) => call === 'DescribeServices').length, 1)
  await pass({ override: true })
  assert.equal(await count(), 1)
})

test('services that can not be asked are no reason to delete', async () => {
  const { pass, lines, count } = await openDoubt(1)
  const broken = { runningCounts: () => Promise.reject(new Error('throttled')) }
  for (let look = 0; look < 3; look++) await pass({}, broken)
  assert.equal(await count(), 2)
  assert.ok(lines.some(({ event }) => event === 'services-not-read'))
})
