import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConsulClient } from '../../../adapters/consul/client.ts'
import { readLedger } from '../../../adapters/consul/ledger.ts'
import { ledgerKey } from '../../../core/ledger/keys.ts'
import { createHandler, type RegisterHandler } from '../../../functions/register/handler.ts'
import { startTestConsul } from '../../support/consul.ts'
import { awsEvent, clusterArn, type TaskOptions, taskDefinition, taskEvent } from '../../support/event.ts'
import { parsedDefinition } from '../../support/ledger.ts'
import { catalogOf, cluster, fakeAws, openClient, prefix, registerDeps } from '../../support/register.ts'

const context = { getRemainingTimeInMillis: () => 20_000 }
const id = '0a9b8c7d6e5f40312233445566778899'
const place = `web-${id}-web-8080 10.1.2.3:32768`
let messages = 0

function recordOf(body: unknown) {
  messages++
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    messageId: `m${messages}`,
    receiptHandle: `r${messages}`,
    body: text,
    attributes: { ApproximateReceiveCount: '1' },
  }
}

async function deliver(handler: RegisterHandler, ...bodies: unknown[]) {
  return (await handler({ Records: bodies.map(recordOf) }, context)).batchItemFailures
}

function event(options: TaskOptions = {}) {
  return taskEvent({ at: Date.now(), ...options })
}

test('registering against a real Consul', async (t) => {
  const consul = await startTestConsul(t)
  const client = openClient(consul, t)
  const indexOf = async (key = `/v1/kv/${ledgerKey(prefix, { ...cluster, taskId: id })}`) =>
    (await client.request({ method: 'GET', path: key, consistent: true })).index

  await t.test('a task lives, drains and goes with its events, the node being made on the way', async () => {
    const deps = registerDeps(client, fakeAws())
    const handler = createHandler(deps)
    assert.deepEqual(await deliver(handler, event({ lastStatus: 'PENDING' })), [])
    assert.deepEqual(await catalogOf(client), [])
    assert.deepEqual(await deliver(handler, event()), [])
    assert.deepEqual(await catalogOf(client), [`${place} passing passing`])
    assert.deepEqual(await deliver(handler, event({ desiredStatus: 'STOPPED' })), [])
    assert.deepEqual(await catalogOf(client), [`${place} critical draining`])
    assert.deepEqual(await deliver(handler, event({ lastStatus: 'STOPPED' }), event()), [])
    assert.deepEqual(await catalogOf(client), [])
    const registered = deps.lines.filter((line) => line.event === 'task-registered')
    assert.deepEqual(
      registered.map(({ service, phase, version }) => [service, phase, version]),
      [
        ['web', 'live', 3],
        ['web', 'draining', 4],
        ['web', 'gone', 7],
      ],
    )
    assert.ok(registered.every(({ eventTime, committedAt }) => Number(eventTime) <= Number(committedAt)))
  })

  await t.test('a late event of a stopped task writes nothing', async () => {
    const before = await indexOf()
    assert.deepEqual(await deliver(createHandler(registerDeps(client, fakeAws())), event()), [])
    assert.equal(await indexOf(), before)
  })

  await t.test('a duplicate writes nothing', async () => {
    const handler = createHandler(registerDeps(client, fakeAws()))
    await deliver(handler, event({ id: 'dup' }))
    const key = `/v1/kv/${ledgerKey(prefix, { ...cluster, taskId: 'dup' })}`
    const before = await indexOf(key)
    await deliver(handler, event({ id: 'dup' }))
    assert.equal(await indexOf(key), before)
    await deliver(handler, event({ id: 'dup', lastStatus: 'STOPPED' }))
  })

  await t.test('a malformed message is reported by id with what to do, and its siblings go on', async () => {
    const deps = registerDeps(client, fakeAws())
    const bad = { ...event(), detail: { ...event().detail, version: 'four' } }
    const failures = await deliver(createHandler(deps), bad, '{', event({ id: 'sibling' }))
    assert.deepEqual(
      failures.map(({ itemIdentifier }) => itemIdentifier),
      [`m${messages - 2}`, `m${messages - 1}`],
    )
    assert.equal((await catalogOf(client)).length, 1)
    const [line] = deps.lines.filter((one) => one.event === 'record-failed')
    assert.match(String(line?.reason), /detail\.version is "four"/)
    assert.match(String(line?.remedy), /dead-letter queue/)
    await deliver(createHandler(deps), event({ id: 'sibling', lastStatus: 'STOPPED' }))
  })

  await t.test(
    'an old event is confirmed first, and what ECS no longer knows is not registered',
    async () => {
      const aws = fakeAws()
      const handler = createHandler(registerDeps(client, aws))
      const at = Date.now() - 61_000
      assert.deepEqual(await deliver(handler, event({ id: 'old', at })), [])
      assert.deepEqual(await catalogOf(client), [])
      aws.tasks.set('old', { lastStatus: 'STOPPED' })
      await deliver(handler, event({ id: 'old', at }))
      assert.deepEqual(await catalogOf(client), [])
      assert.deepEqual(aws.calls, ['DescribeTasks', 'DescribeTasks'])
    },
  )

  await t.test(
    'a container with a health check waits, is followed up, and passes when it is healthy',
    async () => {
      const aws = fakeAws()
      const input = {
        containers: [{ name: 'web', portMappings: [{ containerPort: 8080 }], healthCheck: true }],
      }
      aws.definition = parsedDefinition(input)
      const definition = taskDefinition(input)
      const handler = createHandler(registerDeps(client, aws))
      await deliver(handler, event({ id: 'sick', definition }))
      assert.match((await catalogOf(client))[0] ?? '', /critical waiting$/)
      assert.deepEqual(
        aws.sent.map(({ delaySeconds }) => delaySeconds),
        [5],
      )
      aws.tasks.set('sick', { definition, health: 'UNKNOWN' })
      await deliver(handler, aws.sent[0]?.body)
      assert.deepEqual(
        aws.sent.map(({ delaySeconds }) => delaySeconds),
        [5, 10],
      )
      aws.tasks.set('sick', { definition, health: 'HEALTHY' })
      await deliver(handler, aws.sent[1]?.body)
      assert.match((await catalogOf(client))[0] ?? '', /passing passing$/)
      assert.equal(aws.sent.length, 2)
      await deliver(handler, event({ id: 'sick', definition, lastStatus: 'STOPPED' }))
    },
  )

  await t.test('a drain looks again at the waiting instances of its service', async () => {
    const aws = fakeAws()
    const input = {
      containers: [{ name: 'web', portMappings: [{ containerPort: 8080 }], healthCheck: true }],
    }
    aws.definition = parsedDefinition(input)
    const definition = taskDefinition(input)
    const handler = createHandler(registerDeps(client, aws))
    await deliver(handler, event({ id: 'older', definition }), event({ id: 'newer', definition }))
    aws.tasks.set('newer', { definition, health: 'HEALTHY' })
    await deliver(handler, event({ id: 'older', definition, desiredStatus: 'STOPPED' }))
    const states = (await catalogOf(client)).map((line) => line.split(' ').slice(-2).join(' '))
    assert.deepEqual(states, ['passing passing', 'critical draining'])
    for (const one of ['older', 'newer'])
      await deliver(handler, event({ id: one, definition, lastStatus: 'STOPPED' }))
  })

  await t.test('a lost host drains its tasks and a usable one takes that back after a read', async () => {
    const aws = fakeAws()
    const deps = registerDeps(client, aws)
    const handler = createHandler(deps)
    aws.tasks.set('hosted', {})
    await deliver(handler, event({ id: 'hosted', host: 'h1' }))
    await deliver(
      handler,
      awsEvent('aws.ec2', 'EC2 Instance State-change Notification', {
        'instance-id': 'i-none',
        state: 'terminated',
      }),
    )
    assert.match((await catalogOf(client))[0] ?? '', /passing passing$/)
    await deliver(
      handler,
      awsEvent('aws.ec2', 'EC2 Instance State-change Notification', {
        'instance-id': 'i-h1',
        state: 'stopping',
      }),
    )
    assert.match((await catalogOf(client))[0] ?? '', /critical draining$/)
    const back = { clusterArn, ec2InstanceId: 'i-h1', status: 'ACTIVE', agentConnected: true }
    aws.tasks.set('hosted', { host: 'h1' })
    await deliver(handler, awsEvent('aws.ecs', 'ECS Container Instance State Change', back))
    assert.match((await catalogOf(client))[0] ?? '', /passing passing$/)
    await deliver(handler, event({ id: 'hosted', host: 'h1', lastStatus: 'STOPPED' }))
    assert.deepEqual(await deps.hostTasks('i-h1'), [])
  })

  await t.test('two writers of one task both succeed, the later version holding', async () => {
    const handlers = [1, 2, 3].map(() => createHandler(registerDeps(client, fakeAws())))
    const events = [
      event({ id: 'raced' }),
      event({ id: 'raced', desiredStatus: 'STOPPED' }),
      event({ id: 'raced', lastStatus: 'STOPPED' }),
    ]
    const results = await Promise.all(handlers.map((handler, index) => deliver(handler, events[index])))
    assert.deepEqual(results, [[], [], []])
    const key = ledgerKey(prefix, { ...cluster, taskId: 'raced' })
    assert.equal((await readLedger(client, [key])).get(key)?.entry.version, 7)
    assert.deepEqual(await catalogOf(client), [])
  })

  await t.test('a draining task whose service somebody deleted still becomes draining', async () => {
    const deps = registerDeps(client, fakeAws())
    const handler = createHandler(deps)
    await deliver(handler, event({ id: 'robbed' }))
    const body = { Node: 'quayside-210987654321-eu-central-1-shop-ec2', ServiceID: 'web-robbed-web-8080' }
    await client.request({ method: 'PUT', path: '/v1/catalog/deregister', body })
    assert.deepEqual(await deliver(handler, event({ id: 'robbed', desiredStatus: 'STOPPED' })), [])
    const key = ledgerKey(prefix, { ...cluster, taskId: 'robbed' })
    assert.equal((await readLedger(client, [key])).get(key)?.entry.phase, 'draining')
  })

  await t.test('a node of another deployment is refused and nothing is written', async () => {
    const deps = registerDeps(client, fakeAws())
    const arn = clusterArn.replace('shop-ec2', 'theirs')
    const node = 'quayside-210987654321-eu-central-1-theirs'
    await client.request({
      method: 'PUT',
      path: '/v1/catalog/register',
      body: { Node: node, Address: '192.0.2.9', NodeMeta: { registrar: 'other' } },
    })
    const theirs = {
      ...deps,
      settings: {
        deployment: 'test',
        clusters: [{ arn, servicePrefix: '', addressFamily: 'ipv4' as const, consul: null }],
      },
    }
    const failures = await deliver(createHandler(theirs), event({ id: 'x', clusterArn: arn }))
    assert.equal(failures.length, 1)
    const line = deps.lines.find((one) => one.event === 'record-failed')
    assert.match(String(line?.reason), /belongs to deployment other/)
  })
})

test('with Consul unreachable every message is reported as failed, with address and remedy', async (t) => {
  const client = createConsulClient(async () => ({ addresses: ['http://127.0.0.1:1'] }))
  t.after(() => client.close())
  const aws = fakeAws()
  const deps = registerDeps(client, aws)
  const failures = await deliver(createHandler(deps), event(), event({ id: 'other' }))
  assert.equal(failures.length, 2)
  assert.equal(aws.shownAgain.length, 2)
  const line = deps.lines.find((one) => one.event === 'record-failed')
  assert.match(String(line?.reason), /http:\/\/127\.0\.0\.1:1.*security group/)
})

test('what is not done within the time of the function is reported as failed', async (t) => {
  const client = createConsulClient(async () => ({ addresses: ['http://127.0.0.1:1'] }))
  t.after(() => client.close())
  const deps = { ...registerDeps(client, fakeAws()), readLedger: () => new Promise<never>(() => {}) }
  const handler = createHandler(deps)
  const result = await handler({ Records: [recordOf(event())] }, { getRemainingTimeInMillis: () => 3_050 })
  assert.equal(result.batchItemFailures.length, 1)
})
