import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandler, type RegisterHandler } from '../../../functions/register/handler.ts'
import { startTestConsul } from '../../support/consul.ts'
import { type TaskOptions, taskDefinition, taskEvent } from '../../support/event.ts'
import { parsedDefinition } from '../../support/ledger.ts'
import { fakeAws, openClient, registerDeps } from '../../support/register.ts'
import { watchCommits } from '../../support/watched-client.ts'

const context = { getRemainingTimeInMillis: () => 20_000 }
let messages = 0

async function deliver(handler: RegisterHandler, ...bodies: unknown[]): Promise<void> {
  const Records = bodies.map((body) => {
    messages++
    return { messageId: `m${messages}`, receiptHandle: `r${messages}`, body: JSON.stringify(body) }
  })
  assert.deepEqual((await handler({ Records }, context)).batchItemFailures, [])
}

const event = (options: TaskOptions) => taskEvent({ at: Date.now(), ...options })
const withCheck = {
  containers: [{ name: 'web', portMappings: [{ containerPort: 8080 }], healthCheck: true }],
}

/** `old1 draining` and so on, of `web-<task id>-web-8080 <address> <status> <output>`. */
function stateOf(lines: readonly string[] | undefined): readonly string[] {
  return (lines ?? []).map((line) => {
    const [id = '', , , output] = line.split(' ')
    return `${id.replace(/^[^-]+-/, '').replace(/-[^-]+-\d+$/, '')} ${output}`
  })
}

test('rolling deployments in a real Consul, looked at after every commit', async (t) => {
  const consul = await startTestConsul(t)
  const client = openClient(consul, t)

  await t.test(
    'two tasks with the same SERVICE_ID are replaced without a moment of none passing',
    async () => {
      const overrides = [{ name: 'web', environment: [{ name: 'SERVICE_ID', value: 'front' }] }]
      const watched = watchCommits(client, 'front')
      const handler = createHandler(registerDeps(watched, fakeAws()))
      const task = (id: string, more: TaskOptions = {}) => event({ id, service: 'front', overrides, ...more })
      await deliver(handler, task('old1'), task('old2'))
      assert.equal(watched.states.at(-1)?.length, 2, 'neither replaces the other')
      await deliver(handler, task('old1', { desiredStatus: 'STOPPED' }), task('new1'))
      await deliver(handler, task('new2'))
      await deliver(
        handler,
        task('old1', { lastStatus: 'STOPPED' }),
        task('old2', { desiredStatus: 'STOPPED' }),
      )
      await deliver(handler, task('old2', { lastStatus: 'STOPPED' }))
      const afterFirst = watched.passing().slice(watched.passing().indexOf(2))
      assert.ok(Math.min(...afterFirst) >= 1, `${afterFirst}`)
      assert.deepEqual(stateOf(watched.states.at(-1)), ['new1 passing', 'new2 passing'])
      assert.ok(watched.states.at(-1)?.every((line) => line.startsWith('front-')))
    },
  )

  await t.test('a batch that needs several transactions adds before it takes out', async () => {
    const watched = watchCommits(client, 'wide')
    const handler = createHandler(registerDeps(watched, fakeAws()))
    const ids = Array.from({ length: 20 }, (_, index) => `${index}`.padStart(2, '0'))
    const task = (id: string, more: TaskOptions = {}) => event({ id, service: 'wide', ...more })
    await deliver(handler, ...ids.map((id) => task(`a${id}`)))
    const began = watched.states.length
    const drains = ids.map((id) => task(`a${id}`, { desiredStatus: 'STOPPED' }))
    await deliver(handler, ...drains, ...ids.map((id) => task(`z${id}`)))
    const passing = watched.passing().slice(began)
    assert.ok(passing.length >= 2, 'several transactions')
    assert.ok(Math.min(...passing) >= 20, `${passing}`)
    assert.equal(passing.at(-1), 20)
  })

  await t.test('with its health seen late, the outputs tell why each instance passes or not', async () => {
    const aws = fakeAws()
    aws.definition = parsedDefinition(withCheck)
    const definition = taskDefinition(withCheck)
    const watched = watchCommits(client, 'late')
    const handler = createHandler(registerDeps(watched, aws))
    const task = (id: string, more: TaskOptions = {}) => event({ id, service: 'late', definition, ...more })
    const known = (id: string, health: 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY') =>
      aws.tasks.set(id, { service: 'late', definition, health })
    await deliver(handler, task('old'))
    assert.deepEqual(stateOf(watched.states.at(-1)), ['old waiting'])
    known('old', 'HEALTHY')
    await deliver(handler, aws.sent.shift()?.body)
    const began = watched.states.length
    await deliver(handler, task('new'), task('sick'))
    assert.deepEqual(stateOf(watched.states.at(-1)), ['new waiting', 'old passing', 'sick waiting'])
    known('new', 'HEALTHY')
    known('sick', 'UNHEALTHY')
    await deliver(handler, task('old', { desiredStatus: 'STOPPED' }))
    assert.deepEqual(stateOf(watched.states.at(-1)), ['new passing', 'old draining', 'sick unhealthy'])
    await deliver(handler, task('old', { lastStatus: 'DEPROVISIONING' }))
    assert.deepEqual(stateOf(watched.states.at(-1)), ['new passing', 'sick unhealthy'])
    assert.ok(Math.min(...watched.passing().slice(began)) >= 1, `${watched.passing()}`)
  })

  await t.test('the last one drains though no other is healthy, and stays until it is gone', async () => {
    const aws = fakeAws()
    aws.definition = parsedDefinition(withCheck)
    const definition = taskDefinition(withCheck)
    const watched = watchCommits(client, 'bad')
    const handler = createHandler(registerDeps(watched, aws))
    const task = (id: string, more: TaskOptions = {}) => event({ id, service: 'bad', definition, ...more })
    aws.tasks.set('badold', { service: 'bad', definition, health: 'HEALTHY' })
    await deliver(handler, task('badold'))
    await deliver(handler, aws.sent.shift()?.body, task('badnew1'), task('badnew2'))
    aws.tasks.set('badnew1', { service: 'bad', definition, health: 'UNHEALTHY' })
    aws.tasks.set('badnew2', { service: 'bad', definition, health: 'UNKNOWN' })
    for (const lastStatus of ['RUNNING', 'DEACTIVATING', 'STOPPING'] as const) {
      await deliver(handler, task('badold', { lastStatus, desiredStatus: 'STOPPED' }))
      const states = ['badnew1 unhealthy', 'badnew2 waiting', 'badold draining']
      assert.deepEqual(stateOf(watched.states.at(-1)), states)
    }
    await deliver(handler, task('badold', { lastStatus: 'STOPPED' }))
    assert.deepEqual(stateOf(watched.states.at(-1)), ['badnew1 unhealthy', 'badnew2 waiting'])
  })

  await t.test('a waiting instance passes before one is deleted whose drain was never heard of', async () => {
    const aws = fakeAws()
    aws.definition = parsedDefinition(withCheck)
    const definition = taskDefinition(withCheck)
    const watched = watchCommits(client, 'lost')
    const handler = createHandler(registerDeps(watched, aws))
    const task = (id: string, more: TaskOptions = {}) => event({ id, service: 'lost', definition, ...more })
    aws.tasks.set('lostold', { service: 'lost', definition, health: 'HEALTHY' })
    await deliver(handler, task('lostold'))
    await deliver(handler, aws.sent.shift()?.body, task('lostnew'))
    const began = watched.states.length
    aws.tasks.set('lostnew', { service: 'lost', definition, health: 'HEALTHY' })
    await deliver(handler, task('lostold', { lastStatus: 'STOPPED' }))
    assert.deepEqual(stateOf(watched.states.at(-1)), ['lostnew passing'])
    assert.ok(Math.min(...watched.passing().slice(began)) >= 1, `${watched.passing()}`)
  })

  await t.test('a container that exits leaves alone, and comes back with a higher version', async () => {
    const aws = fakeAws()
    const pair = {
      containers: [
        { name: 'web', portMappings: [{ containerPort: 8080 }] },
        { name: 'side', essential: false, portMappings: [{ containerPort: 9000 }] },
      ],
    }
    aws.definition = parsedDefinition(pair)
    const definition = taskDefinition(pair)
    const watched = watchCommits(client, 'pair')
    const handler = createHandler(registerDeps(watched, aws))
    const running = event({ id: 't', service: 'pair', definition })
    const exited = structuredClone(running) as unknown as ChangeableEvent
    exited.detail.version = 4
    exited.detail.containers[1]!.lastStatus = 'STOPPED'
    const restarted = structuredClone(running) as unknown as ChangeableEvent
    restarted.detail.version = 5
    const outputs = () => watched.states.at(-1)?.map((line) => line.split(' ').at(-1))
    await deliver(handler, running)
    // In the order of ids: the sidecar's first.
    assert.deepEqual(outputs(), ['passing', 'passing'])
    await deliver(handler, exited)
    assert.deepEqual(outputs(), ['stopped', 'passing'])
    await deliver(handler, restarted)
    assert.deepEqual(outputs(), ['passing', 'passing'])
    await deliver(handler, exited)
    assert.deepEqual(outputs(), ['passing', 'passing'], 'what is older than the restart is not believed')
  })

  await t.test('a restarted container with a health check waits until it is found healthy anew', async () => {
    const aws = fakeAws()
    aws.definition = parsedDefinition(withCheck)
    const definition = taskDefinition(withCheck)
    const watched = watchCommits(client, 'again')
    const handler = createHandler(registerDeps(watched, aws))
    const running = event({ id: 'againt', service: 'again', definition })
    aws.tasks.set('againt', { service: 'again', definition, health: 'HEALTHY' })
    await deliver(handler, running)
    await deliver(handler, aws.sent.shift()?.body)
    const exited = structuredClone(running) as unknown as ChangeableEvent
    exited.detail.version = 4
    exited.detail.containers[0]!.lastStatus = 'STOPPED'
    await deliver(handler, exited)
    const restarted = structuredClone(running) as unknown as ChangeableEvent
    restarted.detail.version = 5
    await deliver(handler, restarted)
    const outputs = watched.states.map((state) => state[0]?.split(' ').at(-1)).slice(-4)
    assert.deepEqual(outputs, ['waiting', 'passing', 'stopped', 'waiting'])
    assert.equal(aws.sent.length, 1, 'and is followed up')
  })
})

type ChangeableEvent = { detail: { version: number; containers: { lastStatus: string }[] } }
