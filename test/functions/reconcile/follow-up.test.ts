import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandler } from '../../../functions/reconcile/handler.ts'
import { createHandler as createRegister } from '../../../functions/register/handler.ts'
import { instanceLost } from '../../support/deployment.ts'
import { taskDefinition, taskEvent } from '../../support/event.ts'
import { parsedDefinition } from '../../support/ledger.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { catalogOf, fakeAws, registerDeps } from '../../support/register.ts'
import { kinds } from '../../support/world/kinds.ts'
import { type OpenWorld, openWorld } from '../../support/world/play.ts'
import { begin } from '../../support/world/truth.ts'
import { assertTruth } from '../../support/world/verify.ts'

const context = { getRemainingTimeInMillis: () => 20_000 }
const start = Date.parse('2026-03-04T10:02:08Z')
const input = { containers: [{ name: 'web', portMappings: [{ containerPort: 8080 }], healthCheck: true }] }
const definition = taskDefinition(input)

function setUp() {
  const consul = createMemoryConsul()
  const aws = fakeAws()
  aws.definition = parsedDefinition(input)
  let now = start
  const deps = registerDeps(consul, aws, () => now++)
  const register = createRegister(deps)
  const deliver = (body: unknown) =>
    register({ Records: [{ messageId: 'm', receiptHandle: 'r', body: JSON.stringify(body) }] }, context)
  return { consul, aws, deps, deliver, pass: () => createHandler(deps)({}, context) }
}

test('a waiting task that a pass writes before its event comes is looked at after five seconds', async () => {
  const { consul, aws, deliver, pass } = setUp()
  aws.tasks.set('a', { definition, health: 'UNKNOWN' })
  await pass()
  const [message, ...others] = aws.sent.splice(0)
  assert.deepEqual([message?.delaySeconds, others.length], [5, 0])
  await deliver(taskEvent({ id: 'a', at: start - 500, definition }))
  assert.deepEqual(aws.sent, [], 'its event starts no second chain')
  aws.tasks.set('a', { definition, health: 'HEALTHY' })
  await deliver(message?.body)
  assert.match((await catalogOf(consul)).join(), /passing passing$/)
  assert.deepEqual(aws.sent, [])
})

test('250 waiting tasks are three messages of one pass, and later passes send none while they wait', async () => {
  const { aws, deps, pass } = setUp()
  for (let one = 0; one < 250; one++) aws.tasks.set(`t${one}`, { definition, health: 'UNKNOWN' })
  await pass()
  assert.deepEqual(
    aws.sent.splice(0).map(({ body }) => (body as { tasks: readonly string[] }).tasks.length),
    [100, 100, 50],
  )
  assert.ok(deps.measured.some(({ HealthFollowUps }) => HealthFollowUps === 250))
  await pass()
  for (const id of aws.tasks.keys()) aws.tasks.set(id, { definition, health: 'UNKNOWN', version: 9 })
  await pass()
  assert.deepEqual(aws.sent, [])
})

test('a fleet of which nothing waits costs no message, first pass or not', async () => {
  const { aws, pass } = setUp()
  for (const id of ['a', 'b']) aws.tasks.set(id, { definition, health: 'HEALTHY' })
  await pass()
  await pass()
  assert.deepEqual(aws.sent, [])
})

test('a queue that takes no follow-ups costs the pass a warning and nothing else', async () => {
  const { aws, deps } = setUp()
  aws.tasks.set('a', { definition, health: 'UNKNOWN' })
  const queue = { send: () => Promise.reject(new Error('no route')) }
  const { clusters } = await createHandler({ ...deps, queue })({}, context)
  assert.equal(clusters[0]?.outcome, 'done')
  const line = deps.lines.find(({ event }) => event === 'health-follow-up-failed')
  assert.deepEqual([line?.level, line?.tasks, line?.reason], ['warn', 1, 'no route'])
})

test('a task that waits again because its lost host came back is followed again', async () => {
  const { aws, deliver, pass } = setUp()
  aws.tasks.set('a', { definition, health: 'UNKNOWN', host: 'host1' })
  await pass()
  aws.sent.splice(0)
  await deliver(instanceLost('i-host1'))
  await pass()
  assert.equal(aws.sent.length, 1)
})

const checked = kinds.findIndex(({ service }) => service === 'api')
const receive = { of: 'register', messages: [0], trouble: null } as const

/** ECS says that the task runs; of its events only the last is left, which nobody has read. */
function startChecked(world: OpenWorld): void {
  begin(world.sim, checked, 0, 1, 2)
  while (world.mailbox.all().length > 1) world.mailbox.drop(0)
}

async function assertSoonSeen(world: OpenWorld): Promise<void> {
  await world.play({ do: 'health', task: 0, to: 'HEALTHY' })
  for (let second = 0; second < 20; second++) {
    world.pass(1_000)
    await world.run([receive], [])
  }
  await assertTruth(world)
}

test('whoever of a pass and an event writes a waiting task, it passes seconds after it is healthy, without another pass', async () => {
  for (let order = 0; order < 2 ** 8; order++) {
    const world = openWorld()
    startChecked(world)
    const turns = Array.from({ length: 8 }, (_, bit) => (order >> bit) & 1)
    await world.run([{ of: 'reconcile', trouble: null }, receive], turns)
    await assertSoonSeen(world)
  }
})

test('a run that died between the write and the follow-up is made good by the message that comes again', async () => {
  let followed = 0
  for (let call = 0; call < 8; call++) {
    const world = openWorld()
    startChecked(world)
    await world.run([{ ...receive, trouble: { call, kind: 'crash', after: false } }], [])
    world.pass(61_000)
    await world.run([receive], [])
    followed += world.mailbox.all().filter(({ body }) => body.includes('"health"')).length
    await assertSoonSeen(world)
  }
  assert.ok(followed >= 8, 'each is followed')
})
