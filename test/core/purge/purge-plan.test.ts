import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Holdings, stillServed } from '../../../core/purge/holdings.ts'
import { purgePlan } from '../../../core/purge/purge-plan.ts'
import type { TxnOp } from '../../../core/txn/op.ts'
import { property } from '../../support/scale.ts'

const owner = { deployment: 'prod', account: '1' }
const ours = { 'managed-by': 'quayside', registrar: 'prod', account: '1' }
const nothing: Holdings = {
  nodeMeta: { 'managed-by': 'quayside', registrar: 'prod' },
  ...{ services: [], nodeChecks: [], ledger: [], hosts: [], bookkeeping: [], strange: [] },
  ...{ reconciledAt: null, leasedUntil: null },
}
const keyOf = (op: TxnOp) =>
  'KV' in op ? op.KV.Key : 'Service' in op ? `service ${op.Service.Service.ID}` : 'other'

const holdings = fc
  .array(
    fc.record({ services: fc.nat(9), hasLedger: fc.boolean(), hasHost: fc.boolean(), foreign: fc.nat(2) }),
  )
  .map((tasks): Holdings => {
    const all = tasks.map((task, index) => ({ ...task, taskId: `t${index}` }))
    const key = (folder: string) => (task: { readonly taskId: string }) => ({
      key: `${folder}/${task.taskId}`,
      taskId: task.taskId,
    })
    const metas = [{}, { ...ours, account: '2' }, { ...ours, registrar: 'staging' }]
    return {
      ...nothing,
      services: all.flatMap(({ taskId, services, foreign }) => [
        ...Array.from({ length: services }, (_, port) => ({
          ...{ id: `${taskId}-${port}`, service: 'web', meta: { ...ours, 'task-id': taskId } },
        })),
        ...metas.slice(0, foreign).map((meta, nth) => ({ id: `x-${taskId}-${nth}`, service: 'web', meta })),
      ]),
      ledger: all.filter(({ hasLedger }) => hasLedger).map(key('ledger')),
      hosts: all.filter(({ hasHost }) => hasHost).map(key('hosts')),
      bookkeeping: ['stamp', 'lease'],
    }
  })

test('every entry of ours is deleted once, a task in one transaction of at most 64 operations, and nothing of others', () => {
  fc.assert(
    fc.property(holdings, (found) => {
      const plan = purgePlan('node', found, owner)
      const isOurs = ({ id }: { readonly id: string }) => !id.startsWith('x-')
      const expected = [
        ...found.services.filter(isOurs).map(({ id }) => `service ${id}`),
        ...[...found.ledger, ...found.hosts].map(({ key }) => key),
        ...found.bookkeeping,
      ]
      assert.deepEqual(plan.batches.flat().map(keyOf).sort(), expected.sort())
      assert.ok(plan.batches.every(({ length }) => length > 0 && length <= 64))
      for (const { taskId } of found.ledger) {
        const mine = (op: TxnOp) => new RegExp(`(^service |/)${taskId}(-|$)`).test(keyOf(op))
        assert.ok(plan.batches.filter((batch) => batch.some(mine)).length <= 1, taskId)
      }
      const others = found.services.filter((service) => !isOurs(service))
      assert.equal(plan.removesNode, others.length === 0)
      const kept = plan.kept.flatMap(({ what, name }) => (what === 'service' ? [name] : []))
      assert.deepEqual(kept.sort(), others.map(({ id }) => id).sort())
    }),
    property(2_000),
  )
})

test('a node goes only if it is ours, and without anything of others on it', () => {
  const removes = (over: Partial<Holdings>) => purgePlan('node', { ...nothing, ...over }, owner).removesNode
  assert.equal(removes({}), true)
  assert.equal(removes({ nodeMeta: null }), false)
  assert.equal(removes({ nodeMeta: {} }), false)
  assert.equal(removes({ nodeMeta: { 'managed-by': 'quayside', registrar: 'staging' } }), false)
  assert.equal(removes({ nodeMeta: { registrar: 'prod' } }), false)
  assert.equal(removes({ nodeChecks: ['serfHealth'] }), false)
  assert.equal(removes({ services: [{ id: 'db', service: 'db', meta: {} }] }), false)
  // Keys aren't on the node.
  assert.equal(removes({ strange: ['notes'] }), true)
})

test('keys that may be those of the deployment that holds the node stay', () => {
  const keys = { ledger: [{ key: 'k', taskId: 't' }], bookkeeping: ['stamp'] }
  const count = (over: Partial<Holdings>) =>
    purgePlan('node', { ...nothing, ...keys, ...over }, owner).batches.flat().length
  assert.equal(count({}), 2)
  assert.equal(count({ nodeMeta: null }), 2)
  assert.equal(count({ nodeMeta: { registrar: 'staging' } }), 0)
  const theirs = [{ id: 'a', service: 'a', meta: { ...ours, registrar: 'staging' } }]
  assert.equal(count({ nodeMeta: {}, services: theirs }), 0)
})

test('a cluster counts as served for five minutes after a pass, and while one holds the lease', () => {
  const served = (over: Partial<Holdings>) => stillServed({ ...nothing, ...over }, 1_000_000) !== null
  assert.equal(served({}), false)
  assert.equal(served({ reconciledAt: 1_000_000 - 299_000 }), true)
  assert.equal(served({ reconciledAt: 1_000_000 - 300_000 }), false)
  assert.equal(served({ reconciledAt: 2_000_000 }), true)
  assert.equal(served({ leasedUntil: 1_000_001 }), true)
  assert.equal(served({ leasedUntil: 0 }), false)
})
