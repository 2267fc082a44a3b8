import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandler as createReconcile } from '../../../functions/reconcile/handler.ts'
import { createHandler } from '../../../functions/register/handler.ts'
import { instanceLost } from '../../support/deployment.ts'
import { awsEvent, taskEvent } from '../../support/event.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { catalogOf, fakeAws, registerDeps } from '../../support/register.ts'

const context = { getRemainingTimeInMillis: () => 20_000 }
const start = Date.parse('2026-03-04T10:02:08Z')

/** A registered task on a host, as handlers over a Consul in memory see it. */
async function hosted() {
  const consul = createMemoryConsul()
  const aws = fakeAws()
  const clock = { now: start }
  const deps = registerDeps(consul, aws, () => clock.now++)
  const register = createHandler(deps)
  const deliver = (body: unknown) =>
    register({ Records: [{ messageId: 'm', receiptHandle: 'r', body: JSON.stringify(body) }] }, context)
  const pass = () => createReconcile(deps)({}, context)
  aws.tasks.set('a', { host: 'h1' })
  await deliver(taskEvent({ id: 'a', host: 'h1', at: start - 500 }))
  const state = async () => (await catalogOf(consul)).join()
  return { clock, deliver, pass, state, deps, aws }
}

function warning(instanceId: string, action = 'terminate') {
  const detail = { 'instance-id': instanceId, 'instance-action': action }
  return {
    ...awsEvent('aws.ec2', 'EC2 Spot Instance Interruption Warning', detail),
    time: new Date(start).toISOString(),
  }
}

test('a Spot warning drains the tasks of its host, and no look at ECS brings them back while it may come true', async () => {
  const { clock, deliver, pass, state } = await hosted()
  assert.match(await state(), /passing passing$/)
  assert.deepEqual(await deliver(warning('i-h1')), { batchItemFailures: [] })
  assert.match(await state(), /critical draining$/)
  clock.now += 60_000
  await pass()
  assert.match(await state(), /critical draining$/)
})

test('a host that was not taken away after ten minutes has its tasks back with the next pass', async () => {
  const { clock, deliver, pass, state } = await hosted()
  await deliver(warning('i-h1'))
  clock.now += 11 * 60_000
  await pass()
  assert.match(await state(), /passing passing$/)
})

test('a warned host that goes is lost like any other', async () => {
  const { deliver, pass, state, aws } = await hosted()
  await deliver(warning('i-h1'))
  await deliver(instanceLost('i-h1'))
  assert.match(await state(), /critical draining$/)
  aws.tasks.set('a', { host: 'h1', lastStatus: 'STOPPED' })
  await deliver(taskEvent({ id: 'a', host: 'h1', lastStatus: 'STOPPED' }))
  await pass()
  assert.equal(await state(), '')
})

test('a warning about an instance that hosts none of our tasks writes nothing', async () => {
  const { deliver, state, deps } = await hosted()
  const before = deps.lines.length
  await deliver(warning('i-other'))
  assert.match(await state(), /passing passing$/)
  assert.equal(deps.lines.length, before)
})
