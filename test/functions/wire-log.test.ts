import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConsulClient } from '../../adapters/consul/client.ts'
import { removeAll } from '../../bin/commands/purge/remove.ts'
import { nodeName } from '../../core/catalog/entry.ts'
import { clusterArn } from '../../core/reconcile/left-clusters.ts'
import { startTestConsul } from '../support/consul.ts'
import { changesBetween, dumpConsul } from '../support/consul-dump.ts'
import { instanceLost, openDeployment } from '../support/deployment.ts'
import { taskDefinition } from '../support/event.ts'
import { parsedDefinition } from '../support/ledger.ts'
import { operations, serviceOps, startWireLog, type WireRequest } from '../support/wire-log.ts'

const account = '111122223333'
const cluster = { account, region: 'eu-central-1', cluster: 'shop' }
const node = nodeName(cluster)

/** What holds for every request that Quayside ever sends. */
function assertCareful(requests: readonly WireRequest[]): void {
  const deregistered = requests.filter(({ path }) => path === '/v1/catalog/deregister')
  // Without a ServiceID it would delete the node and everything on it; deletes are operations of transactions instead.
  assert.deepEqual(deregistered, [])
  for (const { Node, Service } of serviceOps(operations(requests), 'delete')) {
    assert.equal(Node, node)
    assert.ok(Service.ID !== '' && Service.Service !== '', JSON.stringify(Service))
  }
}

/** What wakes every watcher of every service on the node: changes of the node, and checks of the node itself. */
function nodeWrites(requests: readonly WireRequest[]): readonly unknown[] {
  const registered = requests.filter(({ path }) => path === '/v1/catalog/register')
  const ops = operations(requests).filter(
    (op) => 'Node' in op || ('Check' in op && !op.Check.Check.ServiceID),
  )
  return [...registered, ...ops]
}

test('what the handlers send to Consul', async (t) => {
  const consul = await startTestConsul(t, { tls: false })
  const wire = await startWireLog(t, consul.httpUrl ?? '')
  const open = (url = '') => {
    const client = createConsulClient(async () => ({ addresses: [url] }), { connections: 4 })
    t.after(() => client.close())
    return client
  }
  // Reads and disturbances of the test itself stay out of the log.
  const beside = open(consul.httpUrl)
  const put = (path: string, body: object) => beside.request({ method: 'PUT', path, body })
  let now = Date.now()
  const deployment = openDeployment(open(wire.url), {
    deployment: 'prod',
    clusters: [clusterArn(cluster)],
    now: () => now,
  })
  const all = async (...events: readonly object[]) =>
    assert.deepEqual(await deployment.deliver(...events), [])
  const since = async (act: () => Promise<unknown>) => {
    const first = wire.requests.length
    await act()
    const requests = wire.requests.slice(first)
    assertCareful(requests)
    return requests
  }

  await t.test('the first write makes the node, by a compare-and-set', async () => {
    const requests = await since(() => all(deployment.put('a')))
    const [made, ...others] = nodeWrites(requests) as { Node: { Verb: string; Node: object } }[]
    assert.deepEqual(others, [])
    assert.equal(made?.Node.Verb, 'cas')
    assert.partialDeepStrictEqual(made?.Node.Node, { Node: node, ModifyIndex: 0 })
    assert.deepEqual(nodeWrites(await since(() => deployment.reconcile())), [])
  })

  await t.test(
    'a task starts, drains and stops, and a host is lost, without a write to the node',
    async () => {
      const requests = await since(async () => {
        await all(deployment.put('b', { host: 'c2' }), deployment.put('c', { host: 'c3' }))
        await all(deployment.put('a', { desiredStatus: 'STOPPED' }))
        await all(instanceLost('i-c3'))
        await all(
          deployment.put('a', { lastStatus: 'STOPPED' }),
          deployment.put('c', { lastStatus: 'STOPPED' }),
        )
        // Long enough for the process to look at its node again, beside its work and before it.
        now += 40_000
        await all(deployment.put('d'))
        now += 70_000
        await all(deployment.put('e'))
      })
      assert.deepEqual(nodeWrites(requests), [])
      const ops = operations(requests)
      assert.deepEqual(
        serviceOps(ops, 'delete').map(({ Service }) => Service),
        ['a', 'c'].map((id) => ({ ID: `web-${id}-web-8080`, Service: 'web' })),
      )
      assert.equal(serviceOps(ops, 'set').length, 4)
      assert.ok(ops.some((op) => 'Check' in op && op.Check.Check.Output.startsWith('draining')))
    },
  )

  await t.test('repairs, removed orphans and tombstones are no write to the node either', async () => {
    await put('/v1/catalog/deregister', { Node: node, ServiceID: 'web-d-web-8080' })
    const Meta = { 'managed-by': 'quayside', registrar: 'prod', account, 'task-id': 'ghost' }
    const Service = { ID: 'ghost', Service: 'web', Address: '10.9.9.9', Port: 1, Meta }
    await put('/v1/catalog/register', { Node: node, SkipNodeUpdate: true, Service })
    for (const id of ['a', 'c']) deployment.aws.tasks.delete(id)
    const requests = await since(async () => {
      await deployment.reconcile()
      now += 31_000
      await deployment.reconcile()
      now += 25 * 3_600_000
      await deployment.reconcile()
    })
    assert.deepEqual(nodeWrites(requests), [])
    const ops = operations(requests)
    assert.deepEqual(
      serviceOps(ops, 'delete').map(({ Service }) => Service),
      [{ ID: 'ghost', Service: 'web' }],
    )
    assert.deepEqual(
      serviceOps(ops, 'set').map(({ Service }) => Service.ID),
      ['web-d-web-8080'],
    )
    const tombstones = ops.flatMap((op) => ('KV' in op && op.KV.Verb === 'delete-cas' ? [op.KV.Key] : []))
    assert.ok(tombstones.some((key) => key.endsWith('/a')) && tombstones.some((key) => key.endsWith('/c')))
  })

  await t.test('tasks that want nothing are acknowledged and leave nothing', async () => {
    const portless = taskDefinition({ family: 'batch', containers: [{ name: 'job' }] })
    const before = await dumpConsul(beside)
    const requests = await since(async () => {
      await all(
        deployment.put('p1', { lastStatus: 'PROVISIONING' }),
        deployment.put('p2', { lastStatus: 'PENDING' }),
        deployment.put('p3', { lastStatus: 'ACTIVATING' }),
      )
      deployment.aws.definition = parsedDefinition({ family: 'batch', containers: [{ name: 'job' }] })
      await all(deployment.put('p4', { definition: portless }))
      const ignored = { environment: { SERVICE_IGNORE: '1' } }
      const hidden = {
        family: 'hidden',
        containers: [{ name: 'web', portMappings: [{ containerPort: 8080 }], ...ignored }],
      }
      deployment.aws.definition = parsedDefinition(hidden)
      await all(deployment.put('p5', { definition: taskDefinition(hidden) }))
    })
    assert.deepEqual(changesBetween(before, await dumpConsul(beside)), [])
    const writes = operations(requests).filter((op) => !('KV' in op) || op.KV.Verb !== 'get-tree')
    assert.deepEqual(writes, [])
  })

  await t.test('a purge deletes by id and name, and the node last, by its index', async () => {
    const owner = { deployment: 'prod', account }
    const consul = open(wire.url)
    const requests = await since(() =>
      removeAll({ consul, prefix: 'quayside', cluster, owner, onProgress: () => {} }),
    )
    const ops = operations(requests)
    assert.equal(serviceOps(ops, 'delete').length, 3)
    assert.deepEqual(nodeWrites(requests), [ops.at(-1)])
    assert.partialDeepStrictEqual(ops.at(-1), { Node: { Verb: 'delete-cas', Node: { Node: node } } })
    assert.equal((await dumpConsul(beside)).has(`node ${node}`), false)
  })
})
