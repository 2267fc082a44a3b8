import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../adapters/clock.ts'
import { createLog } from '../../adapters/log.ts'
import { defaultPublishSettings } from '../../core/settings/defaults.ts'
import { createRegisterDeps } from '../../functions/register/deps.ts'
import { createHandler } from '../../functions/register/handler.ts'
import { pollQueue } from '../../local/aws/lambda/poll-queue.ts'
import { startTestConsul } from '../support/consul.ts'
import { startTestEcs, webDefinition } from '../support/ecs.ts'
import { eventually } from '../support/eventually.ts'
import { accessOf, catalogOf, openClient } from '../support/register.ts'
import { startTestSqs } from '../support/sqs.ts'

test('malformed events are named and end in the dead-letter queue, and good ones go on meanwhile', async (t) => {
  const [consul, ecs, sqs] = await Promise.all([
    startTestConsul(t),
    startTestEcs(t),
    startTestSqs(t, { visibilityTimeoutSeconds: 1, maxReceiveCount: 2 }),
  ])
  const lines: string[] = []
  const base = {
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' },
  }
  const deps = createRegisterDeps({
    settings: {
      ...{ deployment: 'test', prefix: 'quayside', datacenter: consul.datacenter },
      ...{
        clusters: [{ arn: ecs.clusterArn, servicePrefix: '', addressFamily: 'ipv4' as const, consul: null }],
        consulSecret: 'none',
        queueUrl: sqs.queueUrl,
      },
      ...{ bucket: 'none', signingKey: 'none', publish: defaultPublishSettings, reconcileCallsPerSecond: 4 },
    },
    access: async () => accessOf(consul),
    aws: { ecs: { ...base, endpoint: ecs.url }, ec2: { ...base, endpoint: ecs.ec2Url }, sqs: sqs.config },
    log: createLog((line) => lines.push(line)),
    clock: systemClock,
  })
  t.after(deps.close)
  const poller = pollQueue({ sqs: sqs.config, queueUrl: sqs.queueUrl, handler: createHandler(deps) })
  t.after(() => poller.close())

  ecs.createService({ name: 'web', taskDefinition: webDefinition, desiredCount: 1 })
  await eventually('a running task', () => ecs.isSettled())
  const running = JSON.stringify(ecs.events.at(-1))
  const event = JSON.parse(running) as { detail: object }
  const wrongVersion = JSON.stringify({ ...event, detail: { ...event.detail, version: 'three' } })
  const bad = ['{"half":', JSON.stringify({ ...event, detail: undefined }), wrongVersion]
  const ids = await Promise.all(bad.map((body) => sqs.send(body)))
  await sqs.send(running)

  const client = openClient(consul, t)
  await eventually('the good task in the catalog', async () => (await catalogOf(client)).length === 1)
  await eventually('the bad ones in the dead-letter queue', () => sqs.bodies('dlq').length === 3, 20_000)
  assert.deepEqual(sqs.bodies('dlq').sort(), [...bad].sort())
  assert.equal(sqs.bodies('queue').length, 0)
  const failed = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'record-failed')
  const said = [
    // Of a body that can't be read no part is shown: it may hold the environment of a run.
    [ids[0], /body is not JSON/, /at its end/],
    [ids[1], /detail/, /missing|undefined|nothing/],
    [ids[2], /detail\.version/, /three/],
  ] as const
  for (const [id, field, value] of said) {
    const line = failed.find(({ messageId }) => messageId === id)
    assert.ok(line, lines.join('\n'))
    assert.match(line.reason, field)
    assert.match(line.reason, value)
    assert.match(line.remedy, /dead-letter queue; mend the cause named here and redrive it/)
  }
})
