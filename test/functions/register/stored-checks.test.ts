import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ConsulClient } from '../../../adapters/consul/client.ts'
import { readStoredChecks } from '../../../adapters/consul/stored-checks.ts'
import { nodeName } from '../../../core/catalog/entry.ts'
import { createHandler as createReconcile } from '../../../functions/reconcile/handler.ts'
import { createHandler } from '../../../functions/register/handler.ts'
import { startTestConsul } from '../../support/consul.ts'
import { type TaskOptions, taskDefinition, taskEvent } from '../../support/event.ts'
import { parsedDefinition } from '../../support/ledger.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { cluster, fakeAws, openClient, registerDeps } from '../../support/register.ts'

const node = nodeName(cluster)
const service = { id: 'web-t1-web-8080', service: 'web' }
const context = { getRemainingTimeInMillis: () => 20_000 }

/** A task with a check for consul-esm and an ECS health check, so that its own check changes too. */
const input = {
  containers: [
    {
      name: 'web',
      portMappings: [{ containerPort: 8080 }],
      healthCheck: true,
      dockerLabels: {
        SERVICE_CHECK_HTTP: '/health',
        SERVICE_CHECK_INTERVAL: '60s',
        SERVICE_CHECK_TIMEOUT: '2s',
      },
    },
  ],
}

async function openStage(client: ConsulClient) {
  const aws = fakeAws()
  aws.definition = parsedDefinition(input)
  const deps = registerDeps(client, aws)
  const handler = createHandler(deps)
  const state: TaskOptions = { id: 't1', definition: taskDefinition(input) }
  let messages = 0
  return {
    lines: deps.lines,
    tell: async (options: TaskOptions) => {
      const stated = { ...state, at: Date.now(), ...options }
      aws.tasks.set('t1', stated)
      const messageId = `m${++messages}`
      const record = { messageId, receiptHandle: messageId, body: JSON.stringify(taskEvent(stated)) }
      assert.deepEqual((await handler({ Records: [record] }, context)).batchItemFailures, [])
    },
    reconcile: async () => {
      const { clusters } = await createReconcile(deps)({}, context)
      return clusters.map((pass) => ('repaired' in pass ? `${pass.written} ${pass.repaired}` : pass.outcome))
    },
  }
}

async function checkOf(client: ConsulClient) {
  const path = '/v1/health/checks/web'
  const { body } = await client.request({ method: 'GET', path, consistent: true })
  const checks = body as {
    CheckID: string
    Status: string
    Output: string
    Definition: Record<string, unknown>
  }[]
  const check = checks.find(({ CheckID }) => CheckID === `${service.id}:esm`)
  return check === undefined ? null : [check.Status, check.Output, check.Definition.HTTP]
}

/** What consul-esm does with a result: a compare-and-set of the check as it read it. */
async function playEsm(client: ConsulClient, Status: string, Output: string): Promise<void> {
  const path = '/v1/health/checks/web'
  const { body } = await client.request({ method: 'GET', path, consistent: true })
  const check = (body as { CheckID: string }[]).find(({ CheckID }) => CheckID === `${service.id}:esm`)
  const op = { Check: { Verb: 'cas', Check: { ...check, Status, Output } } }
  const { status } = await client.request({ method: 'PUT', path: '/v1/txn', body: [op] })
  assert.equal(status, 200)
}

const indexOf = async (client: ConsulClient) =>
  (await readStoredChecks(client, cluster, [service])).get(service.id)?.modifyIndex

async function survives(client: ConsulClient): Promise<void> {
  const stage = await openStage(client)
  await stage.tell({})
  assert.deepEqual(await checkOf(client), ['critical', '', 'http://10.1.2.3:32768/health'])
  await playEsm(client, 'passing', 'HTTP GET: 200 OK')
  const index = await indexOf(client)
  await stage.tell({ version: 4 })
  await stage.tell({ health: 'HEALTHY', version: 5 })
  assert.deepEqual(await stage.reconcile(), ['1 0'], 'the health is new')
  assert.deepEqual(await stage.reconcile(), ['0 0'])
  assert.equal(await indexOf(client), index, 'nothing of ours wrote it')
  await stage.tell({ version: 6, hostPorts: { 8080: 40_000 } })
  assert.deepEqual(await checkOf(client), ['passing', 'HTTP GET: 200 OK', 'http://10.1.2.3:40000/health'])
  await stage.tell({ version: 7, desiredStatus: 'STOPPED', hostPorts: { 8080: 40_000 } })
  assert.equal((await checkOf(client))?.[0], 'passing', 'draining is told by our own check')
  await stage.tell({ version: 8, lastStatus: 'STOPPED' })
  assert.equal(await checkOf(client), null)
  assert.deepEqual(
    stage.lines.filter(({ level }) => level !== 'info'),
    [],
  )
}

async function isRestored(client: ConsulClient): Promise<void> {
  const stage = await openStage(client)
  await stage.tell({ health: 'HEALTHY' })
  await stage.reconcile()
  const identity = {
    Node: node,
    CheckID: `${service.id}:esm`,
    Name: 'x',
    ServiceID: service.id,
    ServiceName: 'web',
  }
  const op = { Check: { Verb: 'delete', Check: { ...identity, Status: 'critical' } } }
  await client.request({ method: 'PUT', path: '/v1/txn', body: [op] })
  assert.deepEqual(await stage.reconcile(), ['0 1'])
  assert.deepEqual(await checkOf(client), ['critical', '', 'http://10.1.2.3:32768/health'])
  const Definition = { HTTP: 'http://10.9.9.9/', Interval: '10s' }
  const other = {
    Check: { Verb: 'set', Check: { ...identity, Status: 'passing', Output: 'fine', Definition } },
  }
  await client.request({ method: 'PUT', path: '/v1/txn', body: [other] })
  assert.deepEqual(await stage.reconcile(), ['0 1'])
  assert.deepEqual(await checkOf(client), ['passing', 'fine', 'http://10.1.2.3:32768/health'])
  assert.deepEqual(await stage.reconcile(), ['0 0'])
}

/** The ledger was lost and the check was not: creating it conflicts, and then it is carried over. */
async function isAdopted(client: ConsulClient): Promise<void> {
  const stage = await openStage(client)
  await stage.tell({})
  await playEsm(client, 'passing', 'HTTP GET: 200 OK')
  const path = '/v1/kv/quayside/tasks/'
  await client.request({ method: 'DELETE', path, query: { recurse: true } })
  await stage.tell({ version: 4 })
  assert.deepEqual(await checkOf(client), ['passing', 'HTTP GET: 200 OK', 'http://10.1.2.3:32768/health'])
}

const rules = [
  ['what consul-esm found survives all our writes, and a new definition carries it over', survives],
  ['a stored check that is missing or changed is restored by reconcile', isRestored],
  ['a stored check without a ledger entry is taken over with what consul-esm found', isAdopted],
] as const

for (const [rule, proof] of rules) {
  test(`${rule} (in memory)`, () => proof(createMemoryConsul()))
  test(`${rule} (real Consul)`, async (t: TestContext) => proof(openClient(await startTestConsul(t), t)))
}
