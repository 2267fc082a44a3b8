import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsulClient } from '../../../adapters/consul/client.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { metrics as names } from '../../../core/settings/metric-names.ts'
import { createHandler, type RegisterHandler } from '../../../functions/register/handler.ts'
import { awsEvent, type TaskOptions, taskDefinition, taskEvent } from '../../support/event.ts'
import { parsedDefinition } from '../../support/ledger.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { fakeAws, type LogLine, registerDeps } from '../../support/register.ts'

const context = { getRemainingTimeInMillis: () => 20_000 }
const now = Date.parse('2026-03-04T10:02:08Z')
let messages = 0

async function deliver(handler: RegisterHandler, ...bodies: unknown[]): Promise<number> {
  const Records = bodies.map((body) => {
    messages++
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return { messageId: `m${messages}`, receiptHandle: `r${messages}`, body: text }
  })
  return (await handler({ Records }, context)).batchItemFailures.length
}

const event = (options: TaskOptions = {}) => taskEvent({ at: now - 500, ...options })

/** The metrics of a line without its frame. */
function valuesOf(line: LogLine | undefined): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(line ?? {}).filter(([name]) => Object.hasOwn(names, name)))
}

test('an invocation writes one line with all that it measured', async () => {
  const deps = registerDeps(createMemoryConsul(), fakeAws(), () => now)
  const handler = createHandler(deps)
  await deliver(handler, event({ id: 'a' }), event({ id: 'b' }), event({ id: 'c', lastStatus: 'PENDING' }))
  const more = [event({ id: 'a' }), event({ id: 'b', lastStatus: 'STOPPED' }), event({ id: 'b' })]
  await deliver(handler, ...more, awsEvent('aws.ecs', 'ECS Service Action', {}), '{')
  await deliver(handler, event({ id: 'b', desiredStatus: 'STOPPED' }))
  assert.deepEqual(deps.measured.map(valuesOf), [
    {
      RecordsReceived: 3,
      TasksWritten: 2,
      TasksIdle: 1,
      EventAge: [1000, 1000, 1000],
      EventToCommitted: [1000, 1000],
      Transactions: 1,
      Operations: 8,
    },
    {
      RecordsReceived: 5,
      RecordsIgnored: 1,
      RecordsFailed: 1,
      TasksDuplicate: 1,
      TasksWritten: 1,
      EventAge: [1000, 1000],
      EventToCommitted: 1000,
      Transactions: 1,
      Operations: 3,
    },
    { RecordsReceived: 1, TasksStale: 1, EventAge: 1000 },
  ])
  assert.equal(deps.measured[0]?.Deployment, 'test')
})

test('failures are measured too: what comes back, what does not, and conflicts', async () => {
  const consul = createMemoryConsul()
  const away: ConsulClient = {
    ...consul,
    request: () => Promise.reject(new QuaysideError('CONSUL_UNREACHABLE', 'nobody answers')),
  }
  const deps = registerDeps(away, fakeAws(), () => now)
  assert.equal(await deliver(createHandler(deps), event({ id: 'a' }), event({ id: 'b' })), 2)
  assert.deepEqual(valuesOf(deps.measured[0]), {
    ...{ RecordsReceived: 2, RecordsRetried: 2, TasksFailed: 2, EventAge: [1000, 1000] },
  })
  const [line, ...others] = deps.lines.filter(({ level }) => level !== 'info')
  assert.deepEqual(others, [], 'one line for all that failed of the same cause')
  assert.equal(line?.level, 'warn')
  assert.deepEqual([line?.event, line?.code, line?.records], ['record-failed', 'CONSUL_UNREACHABLE', 2])
  assert.deepEqual(
    [line?.taskArns].flat().map((arn) => String(arn).split('/').at(-1)),
    ['a', 'b'],
  )
})

test('a fault of the handler itself is measured as well', async () => {
  const deps = {
    ...registerDeps(createMemoryConsul(), fakeAws(), () => now),
    resolve: () => Promise.reject(new TypeError('a fault')),
  }
  assert.equal(await deliver(createHandler(deps), event({ id: 'a' })), 1)
  assert.deepEqual(valuesOf(deps.measured[0]), { RecordsReceived: 1, RecordsRetried: 1 })
  assert.ok(deps.lines.some(({ event, level }) => event === 'batch-failed' && level === 'error'))
})

test('a bad label is one line that says what to do and one count, and the sibling port is registered', async () => {
  const input = {
    containers: [
      {
        name: 'web',
        portMappings: [{ containerPort: 8080 }, { containerPort: 9000 }],
        dockerLabels: { SERVICE_9000_NAME: 'x'.repeat(300) },
      },
    ],
  }
  const aws = fakeAws()
  aws.definition = parsedDefinition(input)
  const definition = taskDefinition(input)
  const deps = registerDeps(createMemoryConsul(), aws, () => now)
  const handler = createHandler(deps)
  assert.equal(await deliver(handler, event({ id: 'a', definition }), event({ id: 'a', definition })), 0)
  const [line, ...others] = deps.lines.filter(({ level }) => level === 'error')
  assert.deepEqual(others, [])
  assert.deepEqual([line?.event, line?.port], ['instance-refused', 9000])
  assert.match(String(line?.remedy), /task definition/)
  const { InstancesRefused, TasksWritten } = valuesOf(deps.measured[0])
  assert.deepEqual([InstancesRefused, TasksWritten], [1, 1])
})

test('a task of which every port is refused is told as well', async () => {
  const input = {
    containers: [
      {
        name: 'web',
        portMappings: [{ containerPort: 8080 }],
        dockerLabels: { SERVICE_NAME: 'x'.repeat(300) },
      },
    ],
  }
  const aws = fakeAws()
  aws.definition = parsedDefinition(input)
  const deps = registerDeps(createMemoryConsul(), aws, () => now)
  await deliver(createHandler(deps), event({ id: 'a', definition: taskDefinition(input) }))
  assert.equal(deps.lines.filter(({ event }) => event === 'instance-refused').length, 1)
  assert.equal(valuesOf(deps.measured[0]).InstancesRefused, 1)
})

test('a task that is too large is one line that says what to do and one count', async () => {
  const portMappings = Array.from({ length: 40 }, (_, index) => ({ containerPort: 8000 + index }))
  const input = { containers: [{ name: 'web', portMappings }] }
  const aws = fakeAws()
  aws.definition = parsedDefinition(input)
  const deps = registerDeps(createMemoryConsul(), aws, () => now)
  const bodies = [event({ id: 'big', definition: taskDefinition(input) })]
  assert.equal(await deliver(createHandler(deps), ...bodies), 1)
  const [line, ...others] = deps.lines.filter(({ level }) => level !== 'info')
  assert.deepEqual(others, [])
  assert.deepEqual([line?.event, line?.level, line?.code], ['record-failed', 'error', 'TASK_REFUSED'])
  assert.match(String(line?.taskArn), /big$/)
  assert.match(String(line?.reason), /SERVICE_IGNORE/)
  const { TasksRefused, TasksFailed, RecordsFailed } = valuesOf(deps.measured[0])
  assert.deepEqual([TasksRefused, TasksFailed, RecordsFailed], [1, 1, 1])
})

test('a lost host counts the tasks that it drains', async () => {
  const deps = registerDeps(createMemoryConsul(), fakeAws(), () => now)
  const handler = createHandler(deps)
  await deliver(handler, event({ id: 'a', host: 'h1' }), event({ id: 'b', host: 'h1' }))
  const detail = { 'instance-id': 'i-h1', state: 'terminated' }
  await deliver(handler, awsEvent('aws.ec2', 'EC2 Instance State-change Notification', detail))
  assert.equal(valuesOf(deps.measured[1]).HostLossTasks, 2)
})
