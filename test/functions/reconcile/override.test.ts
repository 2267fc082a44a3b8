import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandler } from '../../../functions/reconcile/handler.ts'
import { clusterArn } from '../../support/event.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { catalogOf, fakeAws, registerDeps } from '../../support/register.ts'

const context = { getRemainingTimeInMillis: () => 20_000 }

/** A cluster of which ECS suddenly lists nothing. */
async function openContradiction() {
  const consul = createMemoryConsul()
  const aws = fakeAws()
  const deps = registerDeps(consul, aws)
  const handler = createHandler(deps)
  aws.tasks.set('t1', {})
  await handler({}, context)
  aws.tasks.clear()
  return { handler, count: async () => (await catalogOf(consul)).length }
}

test('a contradiction is resolved by an override that names its cluster', async () => {
  const { handler, count } = await openContradiction()
  await handler({}, context)
  assert.equal(await count(), 1)
  await handler({ override: clusterArn }, context)
  assert.equal(await count(), 0)
})

test('an override that names no configured cluster is refused with those that are, and removes nothing', async () => {
  const { handler, count } = await openContradiction()
  for (const override of ['arn:aws:ecs:eu-central-1:210987654321:cluster/other', 1, {}]) {
    await assert.rejects(handler({ override }, context), {
      code: 'SETTINGS_INVALID',
      message: /cluster\/shop-ec2/,
    })
  }
  assert.equal(await count(), 1)
})
