import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandler } from '../../../functions/reconcile/handler.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { fakeAws, registerDeps } from '../../support/register.ts'

const start = 1_800_000_000_000
const context = { getRemainingTimeInMillis: () => 20_000 }

/** A pass that stops in the middle, at its first question to ECS, until it is let go. */
function slowPass(consul: ReturnType<typeof createMemoryConsul>, now: () => number) {
  const deps = registerDeps(consul, fakeAws(), now)
  const reached = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const listTasks: typeof deps.ecs.listTasks = async (cluster, desired) => {
    reached.resolve()
    await goOn.promise
    return deps.ecs.listTasks(cluster, desired)
  }
  const pass = createHandler({ ...deps, ecs: { ...deps.ecs, listTasks } })({}, context)
  return { pass, reached: reached.promise, goOn: goOn.resolve }
}

test('a pass that begins while another one is under way leaves the cluster to it', async () => {
  const consul = createMemoryConsul()
  const first = slowPass(consul, () => start)
  await first.reached
  const second = await createHandler(registerDeps(consul, fakeAws(), () => start + 19_000))({}, context)
  assert.deepEqual(
    second.clusters.map(({ outcome }) => outcome),
    ['leased'],
  )
  first.goOn()
  const { clusters } = await first.pass
  assert.deepEqual(
    clusters.map(({ outcome }) => outcome),
    ['done'],
  )
})

test('a pass that died holds the cluster no longer than its function had time', async () => {
  const consul = createMemoryConsul()
  const dead = slowPass(consul, () => start)
  await dead.reached
  const next = await createHandler(registerDeps(consul, fakeAws(), () => start + 20_000))({}, context)
  assert.deepEqual(
    next.clusters.map(({ outcome }) => outcome),
    ['done'],
  )
  dead.goOn()
  await dead.pass
})
