import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsulClient } from '../../../adapters/consul/client.ts'
import { ensureNode } from '../../../adapters/consul/node.ts'
import { createNodeGuard } from '../../../adapters/consul/node-guard.ts'
import { createSubmit } from '../../../adapters/consul/submit.ts'
import { nodeName } from '../../../core/catalog/entry.ts'
import { startTestConsul } from '../../support/consul.ts'
import { eventually } from '../../support/eventually.ts'
import { openClient } from '../../support/register.ts'
import { tasksOf } from '../../support/registered-tasks.ts'
import { runs } from '../../support/scale.ts'

const keyOf = (cluster: string) => ({ account: '111122223333', region: 'eu-central-1', cluster })

async function metaOf(client: ConsulClient, cluster: string): Promise<Record<string, string>> {
  const { body } = await client.request({
    method: 'GET',
    path: `/v1/catalog/node/${nodeName(keyOf(cluster))}`,
  })
  return (body as { Node: { Meta: Record<string, string> } }).Node.Meta
}

const isRefused = { name: 'QuaysideError', code: 'NODE_REFUSED' } as const

test("a cluster's node in a real Consul", async (t) => {
  const consul = await startTestConsul(t)
  const client = openClient(consul, t)
  const register = (body: object) =>
    client.request({ method: 'PUT', path: '/v1/catalog/register', body: { Address: '192.0.2.1', ...body } })
  const service = (cluster: string, ID: string, Meta: Record<string, string> = {}) =>
    register({ Node: nodeName(keyOf(cluster)), SkipNodeUpdate: true, Service: { ID, Service: ID, Meta } })
  const ours = { 'managed-by': 'quayside', registrar: 'one', account: '111122223333' }

  await t.test('of deployments that create it at once exactly one wins', async () => {
    for (let round = 0; round < runs(1_000); round++) {
      const cluster = `race-${round}`
      const names = ['one', 'two', 'three']
      const results = await Promise.allSettled(names.map((name) => ensureNode(client, keyOf(cluster), name)))
      const winner = (await metaOf(client, cluster)).registrar
      for (const [index, result] of results.entries()) {
        if (names[index] === winner) assert.deepEqual(result, { status: 'fulfilled', value: 'created' })
        else assert.ok(result.status === 'rejected' && result.reason.code === 'NODE_REFUSED', cluster)
      }
    }
  })

  await t.test('functions of one deployment that create it at once all have it', async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => ensureNode(client, keyOf('same'), 'one')))
    assert.deepEqual(results.toSorted(), ['created', null, null, null])
  })

  await t.test('what somebody changed of its meta is put back, and what they added stays', async () => {
    const Node = nodeName(keyOf('mend'))
    await ensureNode(client, keyOf('mend'), 'one')
    await service('mend', 'web')
    const NodeMeta = { registrar: 'one', 'external-probe': 'true', rack: '7' }
    await register({ Node, Address: '192.0.2.7', NodeMeta })
    assert.equal(await ensureNode(client, keyOf('mend'), 'one'), 'mended')
    assert.deepEqual(await metaOf(client, 'mend'), {
      'external-node': 'true',
      'synthetic-node': 'true',
      'managed-by': 'quayside',
      registrar: 'one',
      rack: '7',
    })
    assert.equal(await ensureNode(client, keyOf('mend'), 'one'), null)
    const { body } = await client.request({ method: 'GET', path: `/v1/catalog/node/${Node}` })
    const { Node: node, Services } = body as { Node: { Address: string }; Services: object }
    assert.deepEqual([node.Address, Object.keys(Services)], ['192.0.2.7', ['web']])
  })

  await t.test('a node that lost its meta is taken back by whose entries it holds', async () => {
    await ensureNode(client, keyOf('bare'), 'one')
    await service('bare', 'web', ours)
    await service('bare', 'stranger')
    await register({ Node: nodeName(keyOf('bare')), NodeMeta: {} })
    await assert.rejects(ensureNode(client, keyOf('bare'), 'two'), isRefused)
    assert.equal(await ensureNode(client, keyOf('bare'), 'one'), 'adopted')
    assert.equal((await metaOf(client, 'bare')).registrar, 'one')
  })

  await t.test('an empty node without a registrar goes to exactly one of those who want it', async () => {
    await register({ Node: nodeName(keyOf('empty')) })
    const results = await Promise.allSettled(
      ['one', 'two'].map((name) => ensureNode(client, keyOf('empty'), name)),
    )
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  })

  await t.test(
    'a node of another deployment, of strangers or of an agent is refused with a remedy',
    async () => {
      await ensureNode(client, keyOf('taken'), 'two')
      const taken = { ...isRefused, message: /belongs to deployment two.*purge/ }
      await assert.rejects(ensureNode(client, keyOf('taken'), 'one'), taken)
      await register({ Node: nodeName(keyOf('strange')) })
      await service('strange', 'db')
      const strange = { ...isRefused, message: /holds services that aren't Quayside's \(1\).*another node/ }
      await assert.rejects(ensureNode(client, keyOf('strange'), 'one'), strange)
      await ensureNode(client, keyOf('agent'), 'one')
      const Node = nodeName(keyOf('agent'))
      const Check = { Node, CheckID: 'serfHealth', Name: 'serf', Status: 'passing' }
      await register({ Node, SkipNodeUpdate: true, Check })
      await assert.rejects(ensureNode(client, keyOf('agent'), 'one'), { ...isRefused, message: /serfHealth/ })
    },
  )

  await t.test('a warm process notices within a minute of writing that its node was taken over', async () => {
    let now = 0
    const guard = createNodeGuard(client, 'one', { now: () => now })
    const cluster = keyOf('warm')
    await guard(cluster)
    const Node = nodeName(cluster)
    await register({ Node, NodeMeta: { registrar: 'two', 'managed-by': 'quayside' } })
    now = 29_000
    await guard(cluster)
    now = 31_000
    // This one looks beside its work; the next ones know.
    await guard(cluster)
    await eventually('the refusal', () =>
      guard(cluster).then(
        () => false,
        (error) => error.code === 'NODE_REFUSED',
      ),
    )
  })

  await t.test('a node that somebody else makes first costs that cluster, and no other', async () => {
    const [taken, free] = [keyOf('snatched'), keyOf('free')]
    const plans = [...tasksOf('q', taken, 'one', 2), ...tasksOf('q', free, 'one', 2)]
    // No guard before it: what is tried is the write that finds no node.
    const submit = createSubmit(client, async ({ key }) => {
      if (key.cluster === taken.cluster) await ensureNode(client, key, 'two')
      await ensureNode(client, key, 'one')
    })
    const outcomes = await submit(plans)
    const results = plans.map((plan) => outcomes.get(plan)?.result)
    assert.deepEqual(results, ['unknown', 'unknown', 'committed', 'committed'])
  })

  await t.test('a process that was idle looks before it writes', async () => {
    let now = 0
    const guard = createNodeGuard(client, 'one', { now: () => now })
    await guard(keyOf('idle'))
    await register({ Node: nodeName(keyOf('idle')), NodeMeta: { registrar: 'two' } })
    now = 61_000
    await assert.rejects(guard(keyOf('idle')), isRefused)
  })
})

test('a busy process pays for the look at its node once in thirty seconds, and goes on while Consul is away', async (t) => {
  const consul = await startTestConsul(t)
  const real = openClient(consul, t)
  let asked = 0
  let away = false
  const client: ConsulClient = {
    ...real,
    request: async (request) => {
      asked++
      if (away) throw new Error('away')
      return real.request(request)
    },
  }
  let now = 0
  const guard = createNodeGuard(client, 'one', { now: () => now })
  const cluster = keyOf('busy')
  await guard(cluster)
  const first = asked
  for (; now < 30_000; now += 100) await guard(cluster)
  assert.equal(asked, first)
  away = true
  for (; now < 60_000; now += 1_000) await guard(cluster)
  assert.ok(asked > first)
  now = 60_001
  await assert.rejects(guard(cluster), /away/)
  away = false
  await guard(cluster)
})
