import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConsulClient } from '../../../adapters/consul/client.ts'
import { readEvidence } from '../../../adapters/consul/evidence.ts'
import { createLeaderLock } from '../../../adapters/consul/leader-lock.ts'
import { ledgerKey, stampKey } from '../../../core/ledger/keys.ts'
import { startTestConsul } from '../../support/consul.ts'
import { eventually } from '../../support/eventually.ts'
import { cluster, consulAccess, testCatalog } from '../../support/publisher.ts'

const keyOf = (taskId: string) => ledgerKey('quayside', { ...cluster, taskId })

test('evidence names every entry that was asked for, a missing one as proof of absence', async (t) => {
  const consul = await startTestConsul(t)
  const catalog = testCatalog(t, consul)
  const client = createConsulClient(async () => consulAccess(consul))
  t.after(() => client.close())
  await assert.rejects(readEvidence(client, 'quayside', [keyOf('t1')], Date.now), /no quayside\/epoch/)

  await catalog.bootstrap('e1')
  await catalog.stamp(5)
  await catalog.task('web', 't1', 8001)
  // A key that begins like another one, and more keys than fit one transaction.
  await catalog.task('web', 't10', 8010)
  const many = Array.from({ length: 130 }, (_, at) => keyOf(`x${at}`))
  const read = await readEvidence(client, 'quayside', [keyOf('t1'), keyOf('t'), ...many], () => 77)
  assert.equal(read.epoch, 'e1')
  assert.equal(read.readAt, 77)
  assert.deepEqual(read.stamps.get(stampKey('quayside', cluster)), { epoch: 'e1', at: 5 })
  assert.equal(read.entries.get(keyOf('t1'))?.phase, 'live')
  assert.equal(read.entries.get(keyOf('t')), null)
  assert.equal(read.entries.has(keyOf('t10')), false)
  assert.equal(read.entries.size, 132)
})

test('an entry that nobody can read proves nothing, and what others prove is heeded', async (t) => {
  const consul = await startTestConsul(t)
  const catalog = testCatalog(t, consul)
  const client = createConsulClient(async () => consulAccess(consul))
  t.after(() => client.close())
  await catalog.bootstrap('e1')
  await catalog.task('web', 't1', 8001)
  await catalog.gone('web', 't1')
  await client.request({ method: 'PUT', path: `/v1/kv/${keyOf('t2')}`, body: 'somebody else wrote this' })
  const { entries } = await readEvidence(client, 'quayside', [keyOf('t1'), keyOf('t2')], Date.now)
  assert.equal(entries.get(keyOf('t1'))?.phase, 'gone')
  assert.equal(entries.get(keyOf('t2')), null)
})

test('a token without rights to the ledger is a failed read, never proof of absence', async (t) => {
  const consul = await startTestConsul(t, { acl: true })
  await testCatalog(t, consul).bootstrap('e1')
  const { token: _, ...anonymous } = consulAccess(consul)
  const client = createConsulClient(async () => anonymous)
  t.after(() => client.close())
  await assert.rejects(readEvidence(client, 'quayside', [keyOf('t1')], Date.now))
})

test('one publisher holds the lock; another version asks for it and gets it', async (t) => {
  const consul = await startTestConsul(t)
  const client = createConsulClient(async () => consulAccess(consul))
  const open = (code: string) =>
    createLeaderLock(client, 'quayside/leader/publish', { code, config: 'c', deadline: 9 })
  const [one, two] = [open('one'), open('two')]
  t.after(async () => {
    // Consul is gone by now; what counts is that no timer stays.
    await Promise.allSettled([one.release(), two.release()])
    await client.close()
  })
  assert.equal(await one.read(), null)
  assert.equal(await one.acquire(), true)
  assert.equal(await two.acquire(), false)
  assert.deepEqual(await two.read(), { code: 'one', config: 'c', deadline: 9 })
  await two.askToYield()
  await eventually('the leader hears it', () => one.ended.aborted)
  await one.release()
  assert.equal(await two.acquire(), true)
})
