import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../adapters/clock.ts'
import { createLog } from '../../../adapters/log.ts'
import { defaultPublishSettings } from '../../../core/settings/defaults.ts'
import { createReconcileDeps } from '../../../functions/reconcile/deps.ts'
import { createHandler as createReconcile } from '../../../functions/reconcile/handler.ts'
import { createRegisterDeps } from '../../../functions/register/deps.ts'
import { createHandler as createRegister } from '../../../functions/register/handler.ts'
import { startTestConsul } from '../../support/consul.ts'
import { startTestEcs, webDefinition } from '../../support/ecs.ts'
import { eventually } from '../../support/eventually.ts'
import { accessOf, catalogOf, openClient } from '../../support/register.ts'
import { startTestSqs } from '../../support/sqs.ts'

const context = { getRemainingTimeInMillis: () => 20_000 }

test('both functions agree over the real SDK, ECS, EC2, SQS and Consul', async (t) => {
  const [consul, ecs, sqs] = await Promise.all([startTestConsul(t), startTestEcs(t), startTestSqs(t)])
  const client = openClient(consul, t)
  ecs.createService({ name: 'web', taskDefinition: webDefinition, desiredCount: 3 })
  await eventually('three tasks run', () => ecs.isSettled())
  const { clusterArn } = ecs
  const lines: string[] = []
  const base = {
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' },
  }
  const wiring = {
    settings: {
      deployment: 'test',
      prefix: 'quayside',
      datacenter: consul.datacenter,
      clusters: [{ arn: clusterArn, servicePrefix: '', addressFamily: 'ipv4' as const, consul: null }],
      consulSecret: 'none',
      queueUrl: sqs.queueUrl,
      bucket: 'none',
      signingKey: 'none',
      publish: defaultPublishSettings,
      reconcileCallsPerSecond: 4,
    },
    access: async () => accessOf(consul),
    aws: { ecs: { ...base, endpoint: ecs.url }, ec2: { ...base, endpoint: ecs.ec2Url }, sqs: sqs.config },
    log: createLog((line) => lines.push(line)),
    clock: systemClock,
  }
  const registerDeps = createRegisterDeps(wiring)
  const reconcileDeps = createReconcileDeps(wiring)
  t.after(() => Promise.all([registerDeps.close(), reconcileDeps.close()]))
  const records = ecs.events.map((event, n) => ({
    messageId: `m${n}`,
    receiptHandle: 'none',
    body: JSON.stringify(event),
  }))
  const result = await createRegister(registerDeps)({ Records: records }, context)
  assert.deepEqual(result, { batchItemFailures: [] }, lines.join('\n'))
  const catalog = await catalogOf(client)
  assert.equal(catalog.length, 3)
  assert.ok(
    catalog.every((line) => / 127\.\d+\.\d+\.\d+:\d+ passing passing$/.test(line)),
    catalog.join('\n'),
  )
  assert.equal(ecs.requests.filter(({ action }) => action === 'DescribeTaskDefinition').length, 1)
  const { clusters } = await createReconcile(reconcileDeps)({}, context)
  const [pass] = clusters
  assert.ok(pass?.outcome === 'done', lines.join('\n'))
  assert.deepEqual([pass.tasks, pass.unchanged, pass.written, pass.repaired], [3, 3, 0, 0])
})

test('an AWS API that cannot be reached is an error that names the call and what to check', async (t) => {
  const [consul, ecs] = await Promise.all([startTestConsul(t), startTestEcs(t)])
  ecs.createService({ name: 'web', taskDefinition: webDefinition, desiredCount: 1 })
  await eventually('the task runs', () => ecs.isSettled())
  const event = ecs.events.at(-1)
  const lines: string[] = []
  const base = {
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' },
  }
  const nowhere = { ...base, endpoint: 'http://127.0.0.1:1' }
  const deps = createRegisterDeps({
    settings: {
      deployment: 'test',
      prefix: 'quayside',
      datacenter: consul.datacenter,
      clusters: [{ arn: ecs.clusterArn, servicePrefix: '', addressFamily: 'ipv4' as const, consul: null }],
      consulSecret: 'none',
      queueUrl: 'http://127.0.0.1:1/q',
      bucket: 'none',
      signingKey: 'none',
      publish: defaultPublishSettings,
      reconcileCallsPerSecond: 4,
    },
    access: async () => accessOf(consul),
    aws: { ecs: nowhere, ec2: nowhere, sqs: nowhere },
    log: createLog((line) => lines.push(line)),
    clock: systemClock,
  })
  t.after(() => deps.close())
  const record = { messageId: 'm', receiptHandle: 'r', body: JSON.stringify(event) }
  const result = await createRegister(deps)({ Records: [record] }, context)
  assert.equal(result.batchItemFailures.length, 1)
  assert.match(lines.join('\n'), /AWS_UNREACHABLE.*ecs:DescribeTaskDefinition failed.*interface endpoint/)
})
