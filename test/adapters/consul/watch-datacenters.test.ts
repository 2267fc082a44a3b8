import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestConsul } from '../../support/consul.ts'
import { eventually } from '../../support/eventually.ts'
import { catalogWriter, countingClient, node, seen, startWatch } from '../../support/watching.ts'

test('of several datacenters each is followed by itself, and one that is away keeps its data and comes back', async (t) => {
  const [here, there] = await Promise.all([
    startTestConsul(t, { tls: false, wan: true }),
    startTestConsul(t, { tls: false, wan: true, datacenter: 'dc2', dev: false }),
  ])
  const { client } = countingClient(t, here)
  const { client: remote } = countingClient(t, there)
  const join = () =>
    client.request({ method: 'PUT', path: `/v1/agent/join/127.0.0.1:${there.wanPort}`, query: { wan: '1' } })
  await join()
  const near = catalogWriter(client)
  const far = catalogWriter(remote)
  for (const writer of [near, far]) {
    await writer.put('/v1/catalog/register', { Node: node, Address: '10.0.0.1' })
    await writer.instance('web-1', 'web')
  }
  await eventually('the datacenters to know each other', async () => {
    const path = '/v1/catalog/services'
    return client.request({ method: 'GET', path, query: { dc: 'dc2' } }).then(
      () => true,
      () => false,
    )
  })
  const datacenters = ['dc1', 'dc2', 'unknown']
  const { watch, failures, recoveries } = startWatch(t, client, { datacenters, random: () => 0.02 })
  watch.follow(new Set(['web@dc1', 'web@dc2', 'web@unknown']))
  await eventually('both to be read', () => watch.services.size === 2)
  await eventually('both lists', () => watch.indexes().size === 2)
  assert.equal(watch.services.get('web@dc2')?.datacenter, 'dc2')
  await far.instance('web-2', 'web')
  await seen(watch, 'web@dc2', (all) => all.length === 2)
  await eventually('the unknown one to be counted', () => watch.failing.has('catalog/services?dc=unknown'))

  await there.kill()
  await eventually('dc2 to be counted', () => watch.failing.has('health/service/web?dc=dc2'))
  await near.instance('web-2', 'web')
  await seen(watch, 'web@dc1', (all) => all.length === 2)
  assert.equal(watch.services.get('web@dc2')?.instances.length, 2)
  assert.deepEqual(
    [...watch.failing].filter((dependency) => !dependency.includes('?dc=')),
    [],
  )

  await there.restart()
  await far.instance('web-3', 'web')
  await seen(watch, 'web@dc2', (all) => all.length === 3)
  await eventually('dc2 to have recovered', () => ![...watch.failing].some((one) => one.endsWith('dc2')))
  assert.ok(recoveries.includes('health/service/web?dc=dc2'))
  assert.ok(!failures.includes('health/service/web'))
})
