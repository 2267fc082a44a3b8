import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGuardedSubmit } from '../../../adapters/consul/guarded-submit.ts'
import { readKey } from '../../../adapters/consul/kv.ts'
import {
  acquireKey,
  createSession,
  destroySession,
  releaseKey,
  renewSession,
} from '../../../adapters/consul/session.ts'
import { createSubmit } from '../../../adapters/consul/submit.ts'
import { transition } from '../../../core/ledger/transition.ts'
import { taskPlan } from '../../../core/txn/task-plan.ts'
import { startTestConsul } from '../../support/consul.ts'
import { factOf, seenTask } from '../../support/ledger.ts'
import { catalogOf, openClient } from '../../support/register.ts'

function planOf(id: string, index = 0) {
  const fact = factOf(seenTask({ id }))
  return taskPlan('quayside', fact, { entry: null, index }, transition(null, fact))
}

test('writing against a real Consul', async (t) => {
  const consul = await startTestConsul(t)
  const client = openClient(consul, t)
  const submit = createGuardedSubmit(client, 'test')

  await t.test('a task that fails is taken out and the others are written in full', async () => {
    const plans = Array.from({ length: 40 }, (_, index) => planOf(`t${index}`, index === 7 ? 12_345 : 0))
    const outcomes = await submit(plans)
    const results = plans.map((plan) => outcomes.get(plan)?.result)
    assert.deepEqual(
      results,
      plans.map((_, index) => (index === 7 ? 'conflict' : 'committed')),
    )
    assert.equal((await catalogOf(client)).length, 39)
  })

  await t.test('a node that vanished is made again by the write that misses it', async () => {
    const Node = 'quayside-210987654321-eu-central-1-shop-ec2'
    await client.request({ method: 'PUT', path: '/v1/catalog/deregister', body: { Node } })
    const again = planOf('again')
    assert.equal((await submit([again])).get(again)?.result, 'committed')
    const { body } = await client.request({ method: 'GET', path: `/v1/catalog/node/${Node}` })
    const meta = (body as { Node: { Meta: Record<string, string> } }).Node.Meta
    assert.deepEqual(meta, {
      'external-node': 'true',
      'synthetic-node': 'true',
      'managed-by': 'quayside',
      registrar: 'test',
    })
  })

  await t.test('a node of an agent is refused', async () => {
    const Node = 'quayside-210987654321-eu-central-1-shop-ec2'
    const body = {
      Node,
      SkipNodeUpdate: true,
      Check: { Node, CheckID: 'serfHealth', Name: 'serf', Status: 'passing' },
    }
    await client.request({ method: 'PUT', path: '/v1/catalog/register', body })
    const plan = planOf('late')
    const outcome = (await createGuardedSubmit(client, 'test')([plan])).get(plan)
    assert.equal(outcome?.result, 'unknown')
    assert.match(String(outcome?.result === 'unknown' && outcome.error), /serfHealth/)
  })

  await t.test('a lock is held by one session and freed with its end', async () => {
    const options = { name: 'test', ttlSeconds: 10, lockDelaySeconds: 0 }
    const [one, two] = [await createSession(client, options), await createSession(client, options)]
    assert.equal(await acquireKey(client, 'lock', 'one', one), true)
    assert.equal(await acquireKey(client, 'lock', 'two', two), false)
    assert.equal((await readKey(client, 'lock'))?.session, one)
    assert.equal(await releaseKey(client, 'lock', '', one), true)
    assert.equal(await acquireKey(client, 'lock', 'two', two), true)
    assert.equal(await renewSession(client, two), true)
    await destroySession(client, two)
    assert.equal(await renewSession(client, two), false)
  })
})

test('a refused permission is told apart from a conflict', async (t) => {
  const consul = await startTestConsul(t, { acl: true })
  const { token: _token, ...nobody } = { ...consul }
  const client = openClient({ ...nobody, token: undefined }, t)
  const plan = planOf('denied')
  const outcome = (await createSubmit(client, async () => {})([plan])).get(plan)
  const words = outcome?.result === 'unknown' ? String(outcome.error) : outcome?.result
  assert.match(words ?? '', /denied/i)
})
