import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { transition } from '../../../core/ledger/transition.ts'
import { mapErrors } from '../../../core/txn/failure.ts'
import { deleteOp } from '../../../core/txn/op.ts'
import { bodyOf, fitsAlone, packPlans } from '../../../core/txn/pack.ts'
import { taskPlan } from '../../../core/txn/task-plan.ts'
import { taskDefinition } from '../../support/event.ts'
import { factOf, parsedDefinition, seenTask } from '../../support/ledger.ts'
import { property } from '../../support/scale.ts'

function planOf(id: string, ports: number) {
  const portMappings = Array.from({ length: ports }, (_, index) => ({ containerPort: 8000 + index }))
  const input = { networkMode: 'awsvpc', containers: [{ name: 'web', portMappings }] } as const
  const seen = seenTask({ id, address: '10.0.0.9', host: null, definition: taskDefinition(input) })
  const fact = factOf(seen, null, parsedDefinition(input))
  return taskPlan('q', fact, { entry: null, index: 0 }, transition(null, fact))
}

test('tasks are packed whole, each once, within the limits', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(sizes, (ports) => {
      const plans = ports.map((count, index) => planOf(`task${String(index).padStart(4, '0')}`, count))
      const txns = packPlans(plans)
      assert.ok(txns.every((txn) => fitsAlone(txn.flatMap(({ ops }) => ops))))
      assert.deepEqual(new Set(txns.flat()), new Set(plans))
      assert.equal(txns.flat().length, plans.length)
    }),
    property(1_000),
  )
})

test('a live task is never written after one that is taken out', () => {
  const live = planOf('zz', 1)
  const gone = factOf(seenTask({ id: 'aa', lastStatus: 'STOPPED' }))
  const out = taskPlan('q', gone, { entry: null, index: 0 }, transition(null, gone))
  assert.deepEqual(
    packPlans([out, live])
      .flat()
      .map(({ arn }) => arn),
    [live.arn, out.arn],
  )
})

test('a task that exceeds one transaction is refused by name with the limits', () => {
  assert.throws(() => planOf('big', 40), {
    code: 'TASK_REFUSED',
    message: /task\/.*big needs 8\d operations.*64 operations/,
  })
})

test('the order of operations is ledger, host index, service before check, deletes', () => {
  const kinds = planOf('a', 2).ops.map((op) => Object.keys(op)[0])
  assert.deepEqual(
    kinds.filter((kind) => kind !== 'KV'),
    ['Service', 'Check', 'Service', 'Check'],
  )
  assert.equal(kinds[0], 'KV')
})

test('errors are mapped to the tasks whose operations failed, conflicts before everything else', () => {
  const plans = [planOf('a', 1), planOf('b', 1), planOf('c', 1)]
  const size = plans[0]?.ops.length ?? 0
  const failures = mapErrors(plans, [
    { opIndex: size, what: 'failed to set key "x", index is stale' },
    { opIndex: size + 1, what: 'Permission denied' },
    { opIndex: 2 * size + 1, what: 'rpc error: Permission denied' },
  ])
  assert.equal(failures.get(plans[0]!), undefined)
  assert.equal(failures.get(plans[1]!)?.kind, 'conflict')
  assert.deepEqual(failures.get(plans[2]!), {
    kind: 'denied',
    words: 'rpc error: Permission denied',
    ops: [1],
  })
})

test('the body of several plans is the JSON of all their operations', () => {
  const plans = [{ ops: [deleteOp('a'), deleteOp('b "quoted"')] }, { ops: [deleteOp('c')] }]
  assert.deepEqual(
    JSON.parse(bodyOf(plans)),
    plans.flatMap(({ ops }) => ops),
  )
})
