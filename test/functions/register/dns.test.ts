import assert from 'node:assert/strict'
import { Resolver } from 'node:dns/promises'
import { test } from 'node:test'
import { createHandler } from '../../../functions/register/handler.ts'
import { startTestConsul } from '../../support/consul.ts'
import { type TaskOptions, taskDefinition, taskEvent } from '../../support/event.ts'
import { parsedDefinition } from '../../support/ledger.ts'
import { fakeAws, openClient, registerDeps } from '../../support/register.ts'

const definition = { networkMode: 'awsvpc' as const }
const addresses = { t1: '10.40.12.1', t2: '10.40.12.2' }

test("Consul's DNS answers with the registered addresses and ports, and no longer with one that drains", async (t) => {
  const consul = await startTestConsul(t, { dns: true })
  const resolver = new Resolver({ timeout: 2_000, tries: 2 })
  resolver.setServers([`127.0.0.1:${consul.dnsPort}`])
  const aws = fakeAws()
  aws.definition = parsedDefinition(definition)
  const handler = createHandler(registerDeps(openClient(consul, t), aws))
  const deliver = async (id: keyof typeof addresses, options: TaskOptions = {}) => {
    const task = { id, definition: taskDefinition(definition), address: addresses[id], at: Date.now() }
    const record = {
      messageId: id,
      receiptHandle: id,
      body: JSON.stringify(taskEvent({ ...task, ...options })),
    }
    const { batchItemFailures } = await handler(
      { Records: [record] },
      { getRemainingTimeInMillis: () => 20_000 },
    )
    assert.deepEqual(batchItemFailures, [])
  }
  const answers = async () => {
    const found = await resolver.resolve4('web.service.consul')
    const services = await resolver.resolveSrv('web.service.consul')
    return { found: found.sort(), ports: services.map(({ port }) => port), count: services.length }
  }
  await deliver('t1')
  await deliver('t2')
  assert.deepEqual(await answers(), { found: Object.values(addresses), ports: [8080, 8080], count: 2 })
  await deliver('t1', { desiredStatus: 'STOPPED' })
  assert.deepEqual(await answers(), { found: [addresses.t2], ports: [8080], count: 1 })
})
