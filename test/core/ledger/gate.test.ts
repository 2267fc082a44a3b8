import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gate } from '../../../core/ledger/gate.ts'
import type { LedgerEntry } from '../../../core/ledger/ledger.ts'
import { absenceFact, hostLossFact, hostWarningFact } from '../../../core/ledger/make-fact.ts'
import { transition } from '../../../core/ledger/transition.ts'
import { taskDefinition } from '../../support/event.ts'
import { factOf, parsedDefinition, seenTask } from '../../support/ledger.ts'

const live = factOf(seenTask({ version: 3 }, 'event', 1_000))
const entry = transition(null, live).entry

function verdict(before: LedgerEntry | null, fact: Parameters<typeof gate>[1]): string {
  const { action, reason } = gate(before, fact)
  return `${action} ${reason}`
}

test('the same version with the same content writes nothing', () => {
  assert.equal(verdict(entry, live), 'unchanged same')
})

test('a lower version is dropped', () => {
  assert.equal(verdict(entry, factOf(seenTask({ version: 2 }))), 'drop older')
})

test('a task that has not started yet is dropped', () => {
  assert.equal(verdict(null, factOf(seenTask({ lastStatus: 'PENDING' }))), 'drop starting')
})

test('at the same version other content of an event never wins', () => {
  const other = {
    ...live,
    wanted: { ...(live.phase === 'live' ? live.wanted : assert.fail()), hash: 'other' },
  }
  assert.equal(verdict(entry, other as typeof live), 'drop event-never-wins')
})

test('at the same version a read wins only if it began after what is known', () => {
  const input = { containers: [{ name: 'web', portMappings: [{ containerPort: 8080 }], healthCheck: true }] }
  const definition = parsedDefinition(input)
  const checked = { version: 3, definition: taskDefinition(input) }
  const waiting = transition(null, factOf(seenTask(checked, 'event', 1_000), null, definition)).entry
  const healthy = (at: number) =>
    factOf(seenTask({ ...checked, health: 'HEALTHY' }, 'read', at), waiting, definition)
  assert.equal(verdict(waiting, healthy(1_000)), 'drop read-too-early')
  assert.equal(verdict(waiting, healthy(1_001)), 'write read-later')
})

test('a task that ECS stops does not go back to live, even by a higher version', () => {
  const draining = transition(entry, factOf(seenTask({ version: 4, desiredStatus: 'STOPPED' }))).entry
  assert.equal(verdict(draining, factOf(seenTask({ version: 5 }))), 'drop one-way')
})

test('a lost host beats every read of the same version and yields to a higher one', () => {
  const lost = transition(entry, hostLossFact(live, entry, 2_000)).entry
  assert.equal(lost.phase, 'draining')
  assert.equal(verdict(lost, factOf(seenTask({ version: 3 }, 'read', 9_000))), 'drop host-lost')
  assert.equal(verdict(lost, { ...live, source: 'host-back', at: 9_000 }), 'write host')
  assert.equal(verdict(lost, factOf(seenTask({ version: 4 }))), 'write newer')
})

test('a host that is about to be taken away drains what lives on it, and is lost when it goes', () => {
  const warned = transition(entry, hostWarningFact(live, entry, 2_000)).entry
  assert.deepEqual([warned.phase, warned.reason], ['draining', 'host-warning'])
  assert.equal(verdict(warned, hostWarningFact(live, warned, 3_000)), 'unchanged same')
  assert.equal(verdict(warned, factOf(seenTask({ version: 3 }, 'read', 9_000))), 'drop host-lost')
  assert.equal(verdict(warned, { ...live, source: 'host-back', at: 9_000 }), 'write host')
  assert.equal(verdict(warned, hostLossFact(live, warned, 3_000)), 'write host')
  const lost = transition(warned, hostLossFact(live, warned, 3_000)).entry
  assert.equal(verdict(lost, hostWarningFact(live, lost, 4_000)), 'unchanged same')
  const gone = transition(entry, factOf(seenTask({ version: 7, lastStatus: 'STOPPED' }))).entry
  assert.equal(verdict(gone, hostWarningFact(live, gone, 4_000)), 'drop one-way')
  assert.equal(verdict(null, hostWarningFact(live, null, 1)), 'drop unknown')
})

test('gone by absence yields to an explicit statement that is not older, gone by ECS to none', () => {
  const missing = transition(entry, absenceFact(live, entry, 2_000)).entry
  assert.equal(verdict(missing, live), 'write reappeared')
  assert.equal(verdict(missing, factOf(seenTask({ version: 2 }))), 'drop older')
  const stopped = transition(entry, factOf(seenTask({ version: 7, lastStatus: 'STOPPED' }))).entry
  assert.equal(verdict(stopped, factOf(seenTask({ version: 9 }))), 'drop one-way')
})

test('an absence or a lost host says nothing of a task that is not known', () => {
  assert.equal(verdict(null, absenceFact(live, null, 1)), 'drop unknown')
  assert.equal(verdict(null, hostLossFact(live, null, 1)), 'drop unknown')
})
