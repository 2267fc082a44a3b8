import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsulAccess } from '../../../adapters/consul/access.ts'
import type { ConsulClient } from '../../../adapters/consul/client.ts'
import { createConsulClient } from '../../../adapters/consul/client.ts'
import { openScopes, scopedAccess } from '../../../adapters/consul/scope.ts'
import { clusterArn } from '../../support/event.ts'
import { cluster } from '../../support/register.ts'
import { startScripted } from '../../support/scripted-server.ts'

const access: ConsulAccess = {
  addresses: ['http://127.0.0.1:1'],
  token: 'standard-secret',
  tokens: { shop: 'shop-secret' },
}
const nothing = { datacenter: null, namespace: null, partition: null, token: null }
const other = clusterArn.replace('shop-ec2', 'other')

test('a cluster with a part of its own is asked for there, with its own token; all others where they were', async (t) => {
  const seen: string[] = []
  const { url } = await startScripted(t, (response, _count, request) => {
    seen.push(`${request.url} ${request.headers['x-consul-token']}`)
    response.setHeader('content-type', 'application/json').end('[]')
  })
  const whole: ConsulAccess = { ...access, addresses: [url] }
  const consul = { datacenter: 'dc2', namespace: 'team-a', partition: 'part', token: 'shop' }
  const scopes = openScopes(
    async () => whole,
    [
      { arn: clusterArn, consul },
      { arn: other, consul: null },
    ],
    (provider) => createConsulClient(provider),
  )
  t.after(scopes.close)
  const path = '/v1/catalog/nodes'
  await scopes.of(cluster).request({ method: 'GET', path })
  await scopes.of({ ...cluster, cluster: 'other' }).request({ method: 'GET', path })
  await scopes.of({ ...cluster, cluster: 'nobody' }).request({ method: 'GET', path })
  assert.deepEqual(seen, [
    '/v1/catalog/nodes?dc=dc2&ns=team-a&partition=part shop-secret',
    '/v1/catalog/nodes standard-secret',
    '/v1/catalog/nodes standard-secret',
  ])
})

test('clusters of the same part share one client', () => {
  const opened: ConsulClient[] = []
  const open = () => {
    const client: ConsulClient = {
      request: () => Promise.reject(new Error('not asked')),
      close: async () => {},
    }
    opened.push(client)
    return client
  }
  const consul = { ...nothing, token: 'shop' }
  const scopes = openScopes(
    async () => access,
    [
      { arn: clusterArn, consul },
      { arn: other, consul: { ...consul } },
    ],
    open,
  )
  assert.equal(scopes.of(cluster), scopes.of({ ...cluster, cluster: 'other' }))
  assert.equal(opened.length, 2)
  assert.deepEqual(scopes.all, opened)
})

test('the same access becomes the same object, so that connections are kept', async () => {
  const provider = scopedAccess(async () => access, { ...nothing, datacenter: 'dc2' })
  assert.equal(await provider(), await provider())
})

test('a token that the secret does not have is named, and those that it has are not shown', async () => {
  const provider = scopedAccess(async () => access, { ...nothing, token: 'web' })
  await assert.rejects(provider(), (error: Error) => {
    assert.match(error.message, /no token named "web" in "tokens" \(there: shop\)/)
    assert.doesNotMatch(error.message, /secret-|shop-secret|standard-secret/)
    return true
  })
})
