import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsulClient } from '../../adapters/consul/client.ts'
import { compareAndSet } from '../../adapters/consul/kv.ts'
import { removeAll } from '../../bin/commands/purge/remove.ts'
import { nodeName } from '../../core/catalog/entry.ts'
import { epochKey, leaseKey } from '../../core/ledger/keys.ts'
import { clusterArn } from '../../core/reconcile/left-clusters.ts'
import { startTestConsul } from '../support/consul.ts'
import { changesBetween, dumpConsul, pick } from '../support/consul-dump.ts'
import { type Deployment, instanceLost, openDeployment } from '../support/deployment.ts'
import { type TaskOptions, taskDefinition } from '../support/event.ts'
import { parsedDefinition } from '../support/ledger.ts'
import { openClient } from '../support/register.ts'

const region = 'eu-central-1'
const accounts = ['111122223333', '444455556666'] as const
const arnIn = (account: string, cluster = 'shop') => clusterArn({ account, region, cluster })
const checked = { name: 'web', portMappings: [{ containerPort: 8080 }], healthCheck: true }

/** A rolling deployment, a lost host, drift and an orphan: everything that makes the handlers write and delete. */
function story(deployment: Deployment, disturb: () => Promise<void>): readonly (() => Promise<unknown>)[] {
  const { deliver, reconcile, aws } = deployment
  const definition = taskDefinition({ containers: [checked] })
  aws.definition = parsedDefinition({ containers: [checked] })
  const put = (id: string, options: TaskOptions = {}) => deployment.put(id, { definition, ...options })
  const all = async (...events: readonly object[]) => assert.deepEqual(await deliver(...events), [])
  return [
    () => all(put('a'), put('b')),
    async () => {
      for (const id of ['a', 'b']) put(id, { health: 'HEALTHY' })
      await reconcile()
    },
    () => all(put('c'), put('d')),
    async () => {
      // The new ones wait for their health check by the catalog, and are healthy by ECS, when the first old one drains.
      for (const id of ['c', 'd']) put(id, { health: 'HEALTHY' })
      await all(put('a', { desiredStatus: 'STOPPED' }))
      assert.ok(aws.calls.includes('DescribeTasks'))
    },
    () => all(put('a', { lastStatus: 'STOPPED' }), put('b', { desiredStatus: 'STOPPED' })),
    reconcile,
    disturb,
    reconcile,
    () => all(instanceLost('i-c1')),
    reconcile,
    () => all(put('b', { lastStatus: 'STOPPED' }), put('d', { lastStatus: 'STOPPED' })),
    reconcile,
  ]
}

/** Somebody deletes a service; one of a task that nobody knows appears, and one that says it is another account's. */
async function disturb(client: ConsulClient, account: string, deployment: string): Promise<void> {
  const Node = nodeName({ account, region, cluster: 'shop' })
  const write = (path: string, body: object) =>
    client.request({ method: 'PUT', path, body: { Node, ...body } })
  await write('/v1/catalog/deregister', { ServiceID: 'web-c-web-8080' })
  for (const [ID = '', owner = ''] of [
    ['ghost', account],
    ['twin', '777788889999'],
  ]) {
    const Meta = { 'managed-by': 'quayside', registrar: deployment, account: owner, 'task-id': ID }
    const Service = { ID, Service: 'web', Address: '10.9.9.9', Port: 1, Meta }
    await write('/v1/catalog/register', { SkipNodeUpdate: true, Service })
  }
}

for (const ids of [['prod', 'prod'] as const, ['prod', 'staging'] as const]) {
  const same = ids[0] === ids[1] ? 'the same id' : 'ids of their own'
  test(`deployments with ${same} that follow clusters of one name in two accounts leave each other alone`, async (t) => {
    const client = openClient(await startTestConsul(t), t)
    let now = Date.now()
    const deployments = accounts.map((account, index) =>
      openDeployment(client, { deployment: ids[index] ?? '', clusters: [arnIn(account)], now: () => now }),
    )
    const stories = deployments.map((deployment, index) =>
      story(deployment, () => disturb(client, accounts[index] ?? '', ids[index] ?? '')),
    )
    const isShared = (name: string) => name === `key ${epochKey('quayside')}`
    for (let step = 0; step < (stories[0]?.length ?? 0); step++) {
      for (const [index, account] of accounts.entries()) {
        const before = await dumpConsul(client)
        await stories[index]?.[step]?.()
        const changed = changesBetween(before, await dumpConsul(client))
        const foreign = changed.filter((name) => !name.includes(account) && !(step <= 1 && isShared(name)))
        assert.deepEqual(foreign, [], `step ${step} of ${account}`)
      }
      now += 31_000
    }
    const end = await dumpConsul(client)
    const services = (account: string) =>
      [...pick(end, (name) => name.startsWith('service') && name.includes(account)).keys()].map((name) =>
        name.split(' ').at(-1),
      )
    for (const account of accounts) assert.deepEqual(services(account).sort(), ['twin', 'web-c-web-8080'])
    for (const [index, { lines }] of deployments.entries()) {
      const other = accounts[1 - index] ?? ''
      const told = lines.filter((line) => JSON.stringify(line).includes(other))
      assert.deepEqual([told, lines.filter(({ event }) => event === 'cluster-left')], [[], []])
      assert.ok(lines.some(({ event, source }) => event === 'task-registered' && source === 'host-loss'))
      assert.ok(lines.some(({ event }) => event === 'drift-repaired'))
      assert.ok(!lines.some(({ event }) => event === 'waiting-not-read'))
    }
  })
}

test('a second deployment that follows the same cluster is refused and writes nothing', async (t) => {
  const client = openClient(await startTestConsul(t), t)
  const [account] = accounts
  const clusters = [arnIn(account)]
  const first = openDeployment(client, { deployment: 'prod', clusters })
  assert.deepEqual(await first.deliver(first.put('a')), [])
  await first.reconcile()
  const before = await dumpConsul(client)
  for (const prefix of ['quayside', 'elsewhere']) {
    const second = openDeployment(client, { deployment: 'staging', clusters, prefix })
    assert.equal((await second.deliver(second.put('b'))).length, 1)
    const failed = second.lines.find(({ event }) => event === 'record-failed')
    assert.equal(failed?.code, 'NODE_REFUSED')
    assert.match(String(failed?.reason), /belongs to deployment prod, not to staging.*quayside purge/)
    assert.match(String(failed?.remedy), /dead-letter queue/)
    await assert.rejects(second.reconcile(), /every cluster.*belongs to deployment prod/)
    assert.ok(second.lines.some(({ event }) => event === 'reconcile-failed'))
    assert.deepEqual(changesBetween(before, await dumpConsul(client)), [])
  }
  // Even while the refused one comes round again and again, the first isn't kept from its lease.
  assert.equal((await first.reconcile()).clusters[0]?.outcome, 'done')
})

test('a cluster that is refused does not keep a deployment from its others', async (t) => {
  const client = openClient(await startTestConsul(t), t)
  const [account] = accounts
  const first = openDeployment(client, { deployment: 'prod', clusters: [arnIn(account, 'taken')] })
  await first.reconcile()
  const clusters = [arnIn(account, 'mine'), arnIn(account, 'taken')]
  const second = openDeployment(client, { deployment: 'staging', clusters })
  second.put('a')
  const outcomes = (await second.reconcile()).clusters.map(({ outcome }) => outcome)
  assert.deepEqual(outcomes, ['done', 'failed'])
})

test('a cluster taken out of the configuration is reported each pass until it is purged', async (t) => {
  const client = openClient(await startTestConsul(t), t)
  const [account, otherAccount] = accounts
  const now = Date.parse('2026-03-04T10:00:00Z')
  const open = (deployment: string, ...clusters: readonly string[]) =>
    openDeployment(client, { deployment, clusters, now: () => now })
  const before = open('prod', arnIn(account, 'left'))
  await before.deliver(before.put('a'), before.put('b'))
  await before.reconcile()
  // Others' clusters below the same prefix: another deployment's in this account, and this id's in another account.
  for (const other of [
    open('staging', arnIn(account, 'theirs')),
    open('prod', arnIn(otherAccount, 'far')),
    open('prod', arnIn(otherAccount, 'left')),
  ]) {
    await other.deliver(other.put('a'))
    await other.reconcile()
  }
  // A ledger whose node somebody deleted is nobody's any more.
  await compareAndSet(client, `quayside/tasks/${account}/${region}/bare/t1`, '{}', 0)

  const after = open('prod', arnIn(account, 'kept'))
  const told = async () => {
    after.lines.length = 0
    await after.reconcile()
    return after.lines.filter(({ event }) => event === 'cluster-left')
  }
  for (let pass = 0; pass < 2; pass++) {
    const [bare, left, ...rest] = await told()
    assert.deepEqual(rest, [])
    assert.deepEqual([bare?.cluster, bare?.node, bare?.ledgerEntries], [arnIn(account, 'bare'), 'nobody', 1])
    assert.partialDeepStrictEqual(left, {
      cluster: arnIn(account, 'left'),
      ...{ instances: 2, ledgerEntries: 2, node: 'ours', lastReconciled: '2026-03-04T10:00:00.000Z' },
    })
    assert.match(
      String(left?.remedy),
      /npx quayside purge --cluster arn:aws:ecs:eu-central-1:\d+:cluster\/left/,
    )
  }
  // Reporting is all that happened: what it serves is still there.
  const isLeft = (name: string) =>
    name.startsWith(`service ${nodeName({ account, region, cluster: 'left' })} `)
  assert.equal(pick(await dumpConsul(client), isLeft).size, 2)

  const others = pick(await dumpConsul(client), (name) => !(name.includes(account) && /left|bare/.test(name)))
  for (const cluster of ['left', 'bare']) {
    const key = { account, region, cluster }
    const owner = { deployment: 'prod', account }
    await removeAll({ consul: client, prefix: 'quayside', cluster: key, owner, onProgress: () => {} })
  }
  assert.deepEqual(changesBetween(others, await dumpConsul(client)), [])
  assert.deepEqual(await told(), [])
  assert.equal(others.has(`key ${leaseKey('quayside', { account, region, cluster: 'theirs' })}`), true)
})
