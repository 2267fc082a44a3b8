import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandler, type RegisterHandler } from '../../../functions/register/handler.ts'
import { clusterArn, type TaskOptions, taskDefinition, taskEvent } from '../../support/event.ts'
import { parsedDefinition } from '../../support/ledger.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { type FakeAws, fakeAws, registerDeps } from '../../support/register.ts'

const context = { getRemainingTimeInMillis: () => 20_000 }
const now = Date.parse('2026-03-04T10:02:08Z')
const input = { containers: [{ name: 'web', portMappings: [{ containerPort: 8080 }], healthCheck: true }] }
const definition = taskDefinition(input)
let messages = 0

async function deliver(handler: RegisterHandler, ...bodies: unknown[]): Promise<number> {
  const Records = bodies.map((body) => {
    messages++
    return { messageId: `m${messages}`, receiptHandle: `r${messages}`, body: JSON.stringify(body) }
  })
  return (await handler({ Records }, context)).batchItemFailures.length
}

const event = (options: TaskOptions = {}) => taskEvent({ at: now - 500, definition, ...options })

type Sent = {
  readonly kind: string
  readonly cluster: string
  readonly tasks: string[]
  readonly hop: number
}

function setUp() {
  const aws = fakeAws()
  aws.definition = parsedDefinition(input)
  const deps = registerDeps(createMemoryConsul(), aws, () => now)
  return { aws, deps, handler: createHandler(deps) }
}

/** Delivers what was sent until nothing more is sent; the delays of each round. */
async function drainQueue(aws: FakeAws, handler: RegisterHandler): Promise<number[][]> {
  const rounds: number[][] = []
  while (aws.sent.length > 0) {
    const sent = aws.sent.splice(0)
    rounds.push(sent.map(({ delaySeconds }) => delaySeconds))
    await deliver(handler, ...sent.map(({ body }) => body))
  }
  return rounds
}

test('a task that never gets healthy is looked at after 5, 10, 20, 40 and 60 seconds, and then no more', async () => {
  const { aws, handler } = setUp()
  aws.tasks.set('slow', { definition, health: 'UNKNOWN' })
  await deliver(handler, event({ id: 'slow' }))
  assert.deepEqual(await drainQueue(aws, handler), [[5], [10], [20], [40], [60]])
})

test('a task is followed no more once it is healthy, unhealthy, stopping or unknown', async () => {
  const last: readonly (TaskOptions | null)[] = [
    { definition, health: 'HEALTHY' },
    { definition, health: 'UNHEALTHY' },
    { definition, desiredStatus: 'STOPPED' },
    { definition, lastStatus: 'STOPPED' },
    null,
  ]
  for (const state of last) {
    const { aws, handler } = setUp()
    aws.tasks.set('a', { definition, health: 'UNKNOWN' })
    await deliver(handler, event({ id: 'a' }))
    await deliver(handler, aws.sent.shift()?.body)
    assert.equal(aws.sent.length, 1)
    if (state === null) aws.tasks.delete('a')
    else aws.tasks.set('a', state)
    assert.deepEqual(await drainQueue(aws, handler), [[10]], JSON.stringify(state))
  }
})

test('duplicates, redeliveries and newer versions of a waiting task start no second chain', async () => {
  const { aws, handler } = setUp()
  aws.tasks.set('a', { definition, health: 'UNKNOWN' })
  await deliver(handler, event({ id: 'a' }), event({ id: 'a' }))
  await deliver(handler, event({ id: 'a' }))
  await deliver(handler, event({ id: 'a', version: 4 }))
  await deliver(handler, event({ id: 'a', version: 4 }), event({ id: 'a', version: 5 }))
  assert.deepEqual(await drainQueue(aws, handler), [[5], [10], [20], [40], [60]])
})

test('a message of many tasks that is delivered again for one of them sends for each of them once', async () => {
  const { aws, deps } = setUp()
  const unlucky = { ...deps, resolve: failingFor(deps.resolve, 'b', 1) }
  const handler = createHandler(unlucky)
  for (const id of ['a', 'b', 'c']) aws.tasks.set(id, { definition, health: 'UNKNOWN' })
  await deliver(createHandler(deps), event({ id: 'a' }), event({ id: 'b' }), event({ id: 'c' }))
  const first = aws.sent.splice(0)[0]?.body as Sent
  assert.equal(first.tasks.length, 3)
  assert.equal(await deliver(handler, first), 1)
  assert.deepEqual(aws.sent, [])
  assert.equal(await deliver(handler, first), 0)
  assert.deepEqual(
    aws.sent.map(({ delaySeconds, body }) => [delaySeconds, (body as Sent).tasks.length]),
    [[10, 3]],
  )
})

/** Fails to look up what the task needs, so many times. */
function failingFor(
  resolve: ReturnType<typeof setUp>['deps']['resolve'],
  id: string,
  times: number,
): typeof resolve {
  let left = times
  return async (tasks) => {
    const resolved = await resolve(tasks)
    return (task) => {
      if (task.key.taskId === id && left-- > 0) throw new Error('ECS asks to slow down')
      return resolved(task)
    }
  }
}

test('250 waiting tasks are three messages, none of more than a hundred', async () => {
  const { aws, deps, handler } = setUp()
  const ids = Array.from({ length: 250 }, (_, index) => `t${index}`)
  await deliver(handler, ...ids.map((id) => event({ id })))
  const bodies = aws.sent.map(({ body }) => body as Sent)
  assert.deepEqual(
    bodies.map(({ tasks }) => tasks.length),
    [100, 100, 50],
  )
  assert.ok(
    bodies.every(({ kind, cluster, hop }) => kind === 'health' && cluster === clusterArn && hop === 0),
  )
  assert.equal(new Set(bodies.flatMap(({ tasks }) => tasks)).size, 250)
  assert.equal(deps.measured[0]?.HealthFollowUps, 250)
})

test('a queue that takes no follow-ups costs a warning and nothing else', async () => {
  const { deps } = setUp()
  const queue = { ...deps.queue, send: () => Promise.reject(new Error('no route')) }
  assert.equal(await deliver(createHandler({ ...deps, queue }), event({ id: 'a' })), 0)
  const line = deps.lines.find(({ level }) => level === 'warn')
  assert.deepEqual([line?.event, line?.tasks, line?.reason], ['health-follow-up-failed', 1, 'no route'])
})
