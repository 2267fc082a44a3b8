import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandler } from '../../../functions/register/handler.ts'
import { startTestConsul } from '../../support/consul.ts'
import { taskDefinition, taskEvent } from '../../support/event.ts'
import { parsedDefinition } from '../../support/ledger.ts'
import { fakeAws, openClient, registerDeps } from '../../support/register.ts'

type Input = NonNullable<Parameters<typeof taskDefinition>[0]>

const secret = 'hunter2-secret'
const ports = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ containerPort: 8000 + index }))

/** Each task has its own definition; `good` is one of which nothing is wrong. */
const definitions: Readonly<Record<string, Input>> = {
  good: { networkMode: 'awsvpc', containers: [{ name: 'app', portMappings: ports(1) }] },
  name: labelled({ SERVICE_NAME: 'not a name' }),
  control: labelled({ SERVICE_TAGS: 'bl\u0001ue' }),
  meta: labelled(Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`SERVICE_K${index}`, 'v']))),
  script: labelled({ SERVICE_CHECK_SCRIPT: `curl -u ${secret}` }),
  scope: labelled({ SERVICE_9999_NAME: 'elsewhere' }),
  many: { networkMode: 'awsvpc', containers: [{ name: 'app', portMappings: ports(40) }] },
}

function labelled(dockerLabels: Record<string, string>): Input {
  return { networkMode: 'awsvpc', containers: [{ name: 'app', portMappings: ports(1), dockerLabels }] }
}

test('a bad label fails its own instance or task, in one line and one count, and everything else is registered', async (t) => {
  const client = openClient(await startTestConsul(t), t)
  const base = registerDeps(client, fakeAws())
  const parsed = new Map(
    Object.entries(definitions).map(([family, input]) => [family, parsedDefinition({ family, ...input })]),
  )
  const resolve: typeof base.resolve = async () => (task) => {
    const definition = parsed.get(task.key.taskId)
    assert.ok(definition)
    return { definition, host: null }
  }
  const events = Object.entries(definitions).map(([id, input]) => {
    const definition = taskDefinition({ family: id, ...input })
    return taskEvent({ id, definition, service: id, at: Date.now() })
  })
  const Records = events.map((event, index) => ({
    messageId: Object.keys(definitions)[index] ?? '',
    receiptHandle: `r${index}`,
    body: JSON.stringify(event),
  }))
  const { batchItemFailures } = await createHandler({ ...base, resolve })(
    { Records },
    { getRemainingTimeInMillis: () => 20_000 },
  )
  assert.deepEqual(
    batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
    ['many'],
  )

  const { body } = await client.request({ method: 'GET', path: '/v1/catalog/services', consistent: true })
  const registered = Object.keys(body as object).filter((name) => name !== 'consul')
  assert.deepEqual(registered.sort(), ['good', 'scope', 'script'])

  const told = base.lines.filter(({ level }) => level !== 'info')
  const taskOf = (line: (typeof told)[number]) =>
    String(line.taskArn ?? '')
      .split('/')
      .at(-1)
  const lines = Object.keys(definitions).map((id) => told.filter((line) => taskOf(line) === id))
  assert.deepEqual(
    Object.keys(definitions).map((id, index) => [id, ...(lines[index] ?? []).map(({ event }) => event)]),
    [
      ['good'],
      ['name', 'instance-refused'],
      ['control', 'instance-refused'],
      ['meta', 'instance-refused'],
      ['script', 'instance-warning'],
      ['scope', 'instance-refused'],
      ['many', 'record-failed'],
    ],
  )
  assert.match(
    String(told.find(({ event }) => event === 'record-failed')?.reason),
    /80 operations|81 operations/,
  )
  assert.equal(JSON.stringify(base.lines).includes(secret), false, 'no value of a script is told')
  const counted = Object.assign({}, ...base.measured) as Record<string, unknown>
  assert.deepEqual([counted.InstancesRefused, counted.TasksRefused, counted.LabelsNotHeeded], [4, 1, 1])
})
