import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsulClient } from '../../adapters/consul/client.ts'
import { createGuardedSubmit } from '../../adapters/consul/guarded-submit.ts'
import { type Purging, removeAll } from '../../bin/commands/purge/remove.ts'
import { nodeName } from '../../core/catalog/entry.ts'
import { startTestConsul } from '../support/consul.ts'
import { changesBetween, dumpConsul } from '../support/consul-dump.ts'
import { openClient } from '../support/register.ts'
import { fillCluster, tasksOf } from '../support/registered-tasks.ts'

const account = '210987654321'
const cluster = { account, region: 'eu-central-1', cluster: 'shop' }
const node = nodeName(cluster)
const prefix = 'apps/quayside'

const put = (client: ConsulClient, path: string, body: unknown) =>
  client.request({ method: 'PUT', path, body })

test('a purge that was interrupted anywhere is finished by the next one', async (t) => {
  const consul = await startTestConsul(t)
  const real = openClient(consul, t)
  await fillCluster(real, { ...cluster, cluster: 'other' }, 'staging', 2, prefix)
  const others = await dumpConsul(real)
  const purging = (client: ConsulClient): Purging => ({
    consul: client,
    prefix,
    cluster,
    owner: { deployment: 'prod', account },
    onProgress: () => {},
  })
  let finished = false
  for (let stop = 0; !finished; stop++) {
    assert.ok(stop < 40, 'a purge of 60 tasks ends')
    await fillCluster(real, cluster, 'prod', 60, prefix)
    // Every second time the transaction is carried out and its answer lost.
    let writes = 0
    const request: ConsulClient['request'] = async (asked) => {
      const cut = asked.path === '/v1/txn' && writes++ === stop >> 1
      if (cut && stop % 2 === 0) throw new Error('killed')
      const answer = await real.request(asked)
      if (cut) throw new Error('killed')
      return answer
    }
    finished = await removeAll(purging({ ...real, request })).then(
      () => true,
      () => false,
    )
    const { kept } = await removeAll(purging(real))
    assert.deepEqual([kept, changesBetween(others, await dumpConsul(real))], [[], []])
  }
})

test('a purge against a deployment that goes on registering ends with an error', async (t) => {
  const consul = await startTestConsul(t)
  const real = openClient(consul, t)
  await fillCluster(real, cluster, 'prod', 1, prefix)
  const submit = createGuardedSubmit(real, 'prod')
  let made = 100
  const request: ConsulClient['request'] = async (asked) => {
    const answer = await real.request(asked)
    if (asked.path === '/v1/txn') await submit(tasksOf(prefix, cluster, 'prod', 1, made++))
    return answer
  }
  const purging = { prefix, cluster, owner: { deployment: 'prod', account }, onProgress: () => {} }
  await assert.rejects(removeAll({ ...purging, consul: { ...real, request } }), {
    code: 'CONSUL_CONFLICT',
    message: /goes on registering/,
  })
})

test('a node that another deployment took over keeps everything but our instances', async (t) => {
  const consul = await startTestConsul(t)
  const client = openClient(consul, t)
  await fillCluster(client, cluster, 'prod', 2, prefix)
  const NodeMeta = { 'managed-by': 'quayside', registrar: 'staging' }
  await put(client, '/v1/catalog/register', { Node: node, Address: '192.0.2.1', NodeMeta })
  const before = await dumpConsul(client)
  const { kept, removed } = await removeAll({
    consul: client,
    prefix,
    cluster,
    owner: { deployment: 'prod', account },
    onProgress: () => {},
  })
  assert.deepEqual([removed.instances, removed.ledgerEntries, removed.node], [2, 0, false])
  assert.match(kept.map(({ why }) => why).join(), /may use the same prefix.*registered by staging/)
  const gone = changesBetween(before, await dumpConsul(client))
  assert.ok(gone.every((name) => /^(service|check) \S+ web-task-/.test(name)))
})
