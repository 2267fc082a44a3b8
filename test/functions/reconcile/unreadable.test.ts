import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ledgerFolder } from '../../../core/ledger/keys.ts'
import { createHandler } from '../../../functions/reconcile/handler.ts'
import { createHandler as createRegister } from '../../../functions/register/handler.ts'
import { taskEvent } from '../../support/event.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { catalogOf, cluster, fakeAws, prefix, registerDeps } from '../../support/register.ts'

const context = { getRemainingTimeInMillis: () => 20_000 }

test('a key of the ledger that somebody overwrote stops no other task, and is written anew', async () => {
  const consul = createMemoryConsul()
  const aws = fakeAws()
  const deps = registerDeps(consul, aws)
  const reconcile = async () => (await createHandler(deps)({}, context)).clusters[0]?.outcome
  aws.tasks.set('t1', {})
  aws.tasks.set('t2', {})
  await reconcile()
  const before = await catalogOf(consul)
  for (const key of ['t1', 'not a task', '']) {
    const path = `/v1/kv/${ledgerFolder(prefix, cluster)}${encodeURIComponent(key)}`
    await consul.request({ method: 'PUT', path, body: '{"hello": "world"}' })
  }
  assert.equal(await reconcile(), 'done')
  assert.deepEqual(await catalogOf(consul), before)
  const told = deps.lines.find(({ event }) => event === 'ledger-unreadable')
  assert.deepEqual([told?.level, told?.count], ['error', 3])

  const path = `/v1/kv/${ledgerFolder(prefix, cluster)}t2`
  await consul.request({ method: 'PUT', path, body: 'nonsense' })
  const events = ['t1', 't2'].map((id) =>
    taskEvent({ id, version: 4, desiredStatus: 'STOPPED', at: Date.now() }),
  )
  const Records = events.map((event, index) => ({
    messageId: `m${index}`,
    receiptHandle: `m${index}`,
    body: JSON.stringify(event),
  }))
  const { batchItemFailures } = await createRegister(deps)({ Records }, context)
  assert.deepEqual(batchItemFailures, [])
})
