import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createConsulClient } from '../../../adapters/consul/client.ts'
import { createQueue } from '../../../adapters/queue.ts'
import { createHandler } from '../../../functions/register/handler.ts'
import { pollQueue } from '../../../local/aws/lambda/poll-queue.ts'
import { startTestConsul } from '../../support/consul.ts'
import { clusterArn, taskEvent } from '../../support/event.ts'
import { eventually } from '../../support/eventually.ts'
import { freePort } from '../../support/ports.ts'
import { accessOf, catalogOf, fakeAws, openClient, registerDeps, settings } from '../../support/register.ts'
import { startTestSqs } from '../../support/sqs.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

const event = (id: string, arn = clusterArn) =>
  JSON.stringify(taskEvent({ id, clusterArn: arn, at: Date.now() }))

test('messages that fail while Consul is away are done within seconds of its return, not after the visibility timeout', async (t) => {
  const [consul, sqs] = await Promise.all([
    startTestConsul(t),
    startTestSqs(t, { visibilityTimeoutSeconds: 600, maxReceiveCount: 20 }),
  ])
  const port = await freePort()
  const access = accessOf(consul)
  const url = new URL(access.addresses[0] ?? '')
  const client = createConsulClient(async () => ({
    ...access,
    addresses: [`${url.protocol}//127.0.0.1:${port}`],
  }))
  t.after(() => client.close())
  const deps = { ...registerDeps(client, fakeAws()), queue: createQueue(sqs.queueUrl, sqs.config) }
  const poller = pollQueue({ sqs: sqs.config, queueUrl: sqs.queueUrl, handler: createHandler(deps) })
  t.after(() => poller.close())

  await Promise.all(['a', 'b', 'c'].map((id) => sqs.send(event(id))))
  await delay(3_000)
  const failed = deps.lines.filter((line) => line.event === 'record-failed')
  assert.ok(failed.length > 0)
  assert.ok(failed.every((line) => line.level === 'warn' && line.code === 'CONSUL_UNREACHABLE'))
  const back = performance.now()
  await startTcpProxy(t, port, Number(url.port))
  const direct = openClient(consul, t)
  await eventually('all three', async () => (await catalogOf(direct)).length === 3, 30_000)
  await eventually('an empty queue', () => sqs.bodies().length === 0)
  t.diagnostic(`done ${Math.round(performance.now() - back)} ms after Consul was back`)
})

test('a message that can never be registered ends in the dead-letter queue with its line, and holds nobody back', async (t) => {
  const [consul, sqs] = await Promise.all([
    startTestConsul(t),
    startTestSqs(t, { visibilityTimeoutSeconds: 1, maxReceiveCount: 3 }),
  ])
  const client = openClient(consul, t)
  const theirs = clusterArn.replace('shop-ec2', 'theirs')
  const Node = 'quayside-210987654321-eu-central-1-theirs'
  const body = { Node, Address: '192.0.2.9', NodeMeta: { registrar: 'other' } }
  await client.request({ method: 'PUT', path: '/v1/catalog/register', body })
  const clusters = [clusterArn, theirs].map((arn) => ({
    arn,
    servicePrefix: '',
    addressFamily: 'ipv4' as const,
    consul: null,
  }))
  const deps = {
    ...registerDeps(client, fakeAws()),
    settings: { ...settings, clusters },
    queue: createQueue(sqs.queueUrl, sqs.config),
  }
  const good = Array.from({ length: 8 }, (_, index) => `t${index}`)
  const bodies = [event('refused', theirs), '{"half":', ...good.map((id) => event(id))]
  const ids = await Promise.all(bodies.map((one) => sqs.send(one)))
  const poller = pollQueue({ sqs: sqs.config, queueUrl: sqs.queueUrl, handler: createHandler(deps) })
  t.after(() => poller.close())

  await eventually('the eight good ones', async () => (await catalogOf(client)).length === 8)
  await eventually('the others in the dead-letter queue', () => sqs.bodies('dlq').length === 2, 20_000)
  assert.deepEqual(new Set(sqs.bodies('dlq')), new Set(bodies.slice(0, 2)))
  assert.equal(sqs.bodies().length, 0)
  const [refused, half] = ids.slice(0, 2).map((id) => deps.lines.find(({ messageId }) => messageId === id))
  for (const line of [refused, half]) {
    assert.equal(line?.level, 'error')
    assert.match(String(line?.remedy), /dead-letter queue; mend the cause named here and redrive it/)
  }
  assert.deepEqual(
    [refused?.code, refused?.taskArn],
    ['NODE_REFUSED', `${theirs.replace(':cluster/', ':task/')}/refused`],
  )
  assert.match(String(refused?.reason), /belongs to deployment other/)
  assert.equal(half?.code, 'EVENT_INVALID')
})
