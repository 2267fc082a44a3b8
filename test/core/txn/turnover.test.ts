import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LedgerEntry } from '../../../core/ledger/ledger.ts'
import { transition } from '../../../core/ledger/transition.ts'
import { packPlans } from '../../../core/txn/pack.ts'
import { type TaskPlan, taskPlan } from '../../../core/txn/task-plan.ts'
import { plansToHoldBack, servicesAdded, servicesTakenOut } from '../../../core/txn/turnover.ts'
import { type TaskOptions, taskDefinition } from '../../support/event.ts'
import { factOf, parsedDefinition, seenTask } from '../../support/ledger.ts'
import { property } from '../../support/scale.ts'

const input = { containers: [{ name: 'web', portMappings: [{ containerPort: 8080 }], healthCheck: true }] }
const definition = taskDefinition(input)
const checked = parsedDefinition(input)

function entryOf(options: TaskOptions, known = parsedDefinition()): LedgerEntry {
  return transition(null, factOf(seenTask(options), null, known)).entry
}

/** The plan of a task that was live before, or of one that is new. */
function planOf(options: TaskOptions, before: LedgerEntry | null, known = parsedDefinition()): TaskPlan {
  const fact = factOf(seenTask(options), before, known)
  return taskPlan('q', fact, { entry: before, index: before === null ? 0 : 9 }, transition(before, fact))
}

const starts = (id: string, service: string) => planOf({ id, service }, null)
const stops = (id: string, service: string, gone: boolean) =>
  planOf({ id, service, lastStatus: gone ? 'STOPPED' : 'DEACTIVATING' }, entryOf({ id, service }))

test('what a plan adds and takes out is told by its checks and deletes', () => {
  const told = (plan: TaskPlan) => [[...servicesAdded(plan)], [...servicesTakenOut(plan)]]
  assert.deepEqual(told(starts('a', 'web')), [['web'], []])
  assert.deepEqual(told(stops('a', 'web', false)), [[], ['web']])
  assert.deepEqual(told(stops('a', 'web', true)), [[], ['web']])
  assert.deepEqual(told(planOf({ id: 'a' }, null, checked)), [[], []], 'a waiting instance takes nothing out')
  const options = { id: 'a', definition, health: 'UNHEALTHY', version: 9 } as const
  const sick = planOf(options, entryOf({ id: 'a', definition }, checked), checked)
  assert.deepEqual(told(sick), [[], ['web']])
})

test('no service loses an instance in an earlier transaction than it gets one', () => {
  const kind = fc.constantFrom('start', 'drain', 'gone')
  const tasks = fc.array(fc.tuple(kind, fc.constantFrom('web', 'api', 'cart')), { maxLength: 120 })
  fc.assert(
    fc.property(tasks, (list) => {
      const plans = list.map(([what, service], index) => {
        const id = `task${String(index).padStart(3, '0')}`
        return what === 'start' ? starts(id, service) : stops(id, service, what === 'gone')
      })
      const txns = packPlans(plans)
      for (const service of ['web', 'api', 'cart']) {
        const added = txns.findLastIndex((txn) => txn.some((plan) => servicesAdded(plan).has(service)))
        const out = txns.findIndex((txn) => txn.some((plan) => servicesTakenOut(plan).has(service)))
        assert.ok(out === -1 || added <= out, `${service}: added in ${added}, taken out in ${out}`)
      }
    }),
    property(1_000),
  )
})

test('only what takes out of a service with missing additions is held back, and what waits for that', () => {
  const old = stops('old', 'web', false)
  const other = stops('other', 'api', false)
  const moves = {
    ...starts('moves', 'cart'),
    ops: [...starts('moves', 'cart').ops, ...stops('moves', 'web', true).ops],
  }
  const behind = stops('behind', 'cart', true)
  const plans = [behind, other, old, moves]
  assert.deepEqual(plansToHoldBack(plans, new Set()), new Set())
  assert.deepEqual(plansToHoldBack(plans, new Set(['web'])), new Set([old, moves, behind]))
  assert.deepEqual(plansToHoldBack(plans, new Set(['api'])), new Set([other]))
})
