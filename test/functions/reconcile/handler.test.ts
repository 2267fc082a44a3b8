import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFolder, readKey } from '../../../adapters/consul/kv.ts'
import { epochKey, ledgerFolder, stampKey } from '../../../core/ledger/keys.ts'
import { createHandler } from '../../../functions/reconcile/handler.ts'
import { startTestConsul } from '../../support/consul.ts'
import { clusterArn, type TaskOptions } from '../../support/event.ts'
import { catalogOf, cluster, fakeAws, openClient, prefix, registerDeps } from '../../support/register.ts'

const context = { getRemainingTimeInMillis: () => 20_000 }
const node = 'quayside-210987654321-eu-central-1-shop-ec2'

test('reconciling with a real Consul', async (t) => {
  const consul = await startTestConsul(t)
  const client = openClient(consul, t)
  const aws = fakeAws()
  let now = Date.now()
  const deps = registerDeps(client, aws, () => now)
  const handler = createHandler(deps)

  async function pass(event: object = {}) {
    const [result] = (await handler(event, context)).clusters
    assert.ok(result?.outcome === 'done', JSON.stringify(result))
    return result
  }

  async function put(id: string, options: TaskOptions = {}) {
    aws.tasks.set(id, options)
  }

  const short = async () => (await catalogOf(client)).map((line) => line.replace(/-web-8080 \S+/, ''))

  await t.test('a first pass makes node and epoch, creates what is missing, and stamps', async () => {
    await put('a')
    await put('b')
    const result = await pass()
    assert.deepEqual([result.tasks, result.written, result.stamped], [2, 2, true])
    assert.deepEqual(await short(), ['web-a passing passing', 'web-b passing passing'])
    const epoch = (await readKey(client, epochKey(prefix)))?.value
    const stamp = JSON.parse((await readKey(client, stampKey(prefix, cluster)))?.value ?? '')
    assert.deepEqual(stamp, { epoch, at: now })
  })

  await t.test('an unchanged fleet costs no write to catalog or ledger', async () => {
    const ledger = async () =>
      (await readFolder(client, ledgerFolder(prefix, cluster))).map((e) => e.modifyIndex)
    const catalog = async () =>
      (await client.request({ method: 'GET', path: '/v1/health/service/web' })).index
    const before = [await ledger(), await catalog()]
    const result = await pass()
    assert.deepEqual([result.unchanged, result.written, result.repaired], [2, 0, 0])
    assert.deepEqual([await ledger(), await catalog()], before)
  })

  await t.test('a deleted service and a changed check are put back', async () => {
    await client.request({
      method: 'PUT',
      path: '/v1/catalog/deregister',
      body: { Node: node, ServiceID: 'web-a-web-8080' },
    })
    const check = {
      Node: node,
      CheckID: 'web-b-web-8080:ecs',
      Name: 'x',
      Status: 'critical',
      ServiceID: 'web-b-web-8080',
    }
    await client.request({
      method: 'PUT',
      path: '/v1/catalog/register',
      body: { Node: node, SkipNodeUpdate: true, Check: check },
    })
    assert.equal((await pass()).repaired, 2)
    assert.deepEqual(await short(), ['web-a passing passing', 'web-b passing passing'])
    assert.equal((await pass()).repaired, 0)
  })

  await t.test('an instance of ours that nobody wants is removed, one of others stays', async () => {
    const meta = { registrar: 'test', account: '210987654321', 'task-id': 'ghost' }
    for (const [ID, Meta] of [
      ['ghost', meta],
      ['foreign', {}],
    ] as const) {
      const Service = { ID, Service: 'web', Address: '10.9.9.9', Port: 1, Meta }
      await client.request({
        method: 'PUT',
        path: '/v1/catalog/register',
        body: { Node: node, SkipNodeUpdate: true, Service },
      })
    }
    assert.equal((await pass()).held, 1)
    now += 31_000
    assert.equal((await pass()).removed, 1)
    assert.deepEqual(
      (await short()).map((line) => line.split(' ')[0]),
      ['foreign', 'web-a', 'web-b'],
    )
    await client.request({
      method: 'PUT',
      path: '/v1/catalog/deregister',
      body: { Node: node, ServiceID: 'foreign' },
    })
  })

  await t.test('a task that ECS says is stopped goes at once', async () => {
    await put('a', { lastStatus: 'STOPPED' })
    await pass()
    assert.deepEqual(await short(), ['web-b passing passing'])
  })

  await t.test(
    'a task that ECS does not know goes after two looks, and comes back if ECS shows it again',
    async () => {
      await put('c')
      await pass()
      aws.tasks.delete('c')
      assert.equal((await pass()).held, 1)
      assert.equal((await short()).length, 2)
      now += 31_000
      assert.equal((await pass()).removed, 1)
      assert.deepEqual(await short(), ['web-b passing passing'])
      await put('c')
      await pass()
      assert.equal((await short()).length, 2)
    },
  )

  await t.test('a cluster that seems empty loses nothing until an operator says so', async () => {
    const before = new Map(aws.tasks)
    aws.tasks.clear()
    for (let look = 0; look < 3; look++) {
      now += 20 * 60_000
      assert.equal((await pass()).removed, 0)
    }
    assert.ok(
      deps.lines.some(
        (line) => line.event === 'reconcile-contradiction' && /override/.test(String(line.remedy)),
      ),
    )
    assert.equal((await short()).length, 2)
    for (const [id, options] of before) aws.tasks.set(id, options)
    await pass()
  })

  await t.test('tombstones are kept for a day', async () => {
    const keys = async () =>
      (await readFolder(client, ledgerFolder(prefix, cluster))).map(({ key }) => key.split('/').at(-1))
    assert.ok((await keys()).includes('a'))
    aws.tasks.delete('a')
    assert.equal((await pass()).tombstones, 0)
    now += 25 * 3_600_000
    assert.ok((await pass()).tombstones > 0)
    assert.deepEqual(await keys(), ['b', 'c'])
  })

  await t.test('a pass that finds the lease taken does nothing', async () => {
    const results = await Promise.all([handler({}, context), handler({}, context)])
    const outcomes = results.map(({ clusters }) => clusters[0]?.outcome).sort()
    assert.deepEqual(outcomes, ['done', 'leased'])
  })

  await t.test('a page of ECS that fails deletes nothing, stamps nothing and frees the lease', async () => {
    const stamp = await readKey(client, stampKey(prefix, cluster))
    const broken = { ...deps.ecs, listTasks: () => Promise.reject(new Error('throttled')) }
    await assert.rejects(createHandler({ ...deps, ecs: broken })({}, context), /throttled/)
    assert.deepEqual(await readKey(client, stampKey(prefix, cluster)), stamp)
    assert.equal((await short()).length, 2)
    assert.equal((await pass()).cluster, clusterArn)
  })
})
