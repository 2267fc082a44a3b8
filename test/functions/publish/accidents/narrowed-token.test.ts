import assert from 'node:assert/strict'
import { test } from 'node:test'
import { old, openStage, web } from '../../../support/accidents/stage.ts'
import { startTestConsul } from '../../../support/consul.ts'
import { eventually } from '../../../support/eventually.ts'

const all = {
  'node_prefix ""': 'read',
  'service_prefix ""': 'read',
  'session_prefix ""': 'write',
  'key_prefix "quayside/"': 'write',
}

test('a token that may read ever less empties nothing, and what can be proven still goes through', async (t) => {
  const consul = await startTestConsul(t, { tls: false, acl: true })
  const call = async (path: string, body: unknown) => {
    const headers = { 'X-Consul-Token': consul.token ?? '' }
    const response = await fetch(`${consul.httpUrl}/v1/acl/${path}`, {
      ...{ method: 'PUT', headers, body: JSON.stringify(body) },
    })
    assert.equal(response.status, 200)
    return (await response.json()) as { ID: string; SecretID: string; AccessorID: string }
  }
  const rules = (allowed: Partial<typeof all>) =>
    Object.entries(allowed).map(([what, policy]) => `${what} { policy = "${policy}" }`)
  const policy = await call('policy', { Name: 'publish', Rules: rules(all).join('\n') })
  const { SecretID: token } = await call('token', { Policies: [{ ID: policy.ID }] })
  const allow = (allowed: Partial<typeof all>) =>
    call(`policy/${policy.ID}`, { ID: policy.ID, Name: 'publish', Rules: rules(allowed).join('\n') })

  const stage = await openStage(t, consul, { token })
  const { catalog, publisher, takeOver, shows, servers, tellsHold, publishedHolds, keptAlways } = stage

  // No services at all, with status 200; the ledger still speaks.
  await allow({ ...all, 'service_prefix ""': 'deny' })
  await takeOver()
  for (const service of ['web', 'api']) await tellsHold(service, /its task is live/)
  await tellsHold('old', /vanished/)
  await catalog.gone('web', 't2')
  await shows('web', '10.0.0.1:8001')
  assert.deepEqual(
    new Set((await publishedHolds()).map(({ server }) => server)),
    new Set([...web.split(' ').slice(0, 1), '10.0.0.1:8005', old]),
  )

  // Services, but no ledger: what stops is held, what starts and drains is a fact.
  await allow({ ...all, 'key_prefix "quayside/"': 'deny' })
  await takeOver({ token: consul.token ?? '' })
  await shows('web', '10.0.0.1:8001')
  await takeOver()
  await assert.rejects(publisher().done)
  assert.deepEqual([servers('web'), servers('api'), servers('old')], ['10.0.0.1:8001', '10.0.0.1:8005', old])

  // Nothing: the function fails, which its error metric shows.
  await allow({})
  await takeOver()
  await assert.rejects(publisher().done)

  await allow(all)
  await takeOver()
  await catalog.task('web', 't3', 8003)
  await shows('web', '10.0.0.1:8001 10.0.0.1:8003')
  await eventually('no hold', async () => (await publishedHolds()).length === 0)
  keptAlways('web', '10.0.0.1:8001')
  keptAlways('api', '10.0.0.1:8005')
  keptAlways('old', old)
})
