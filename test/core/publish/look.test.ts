import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JudgedService } from '../../../core/catalog/judge.ts'
import { followEpoch, isDistrusted } from '../../../core/guard/epoch.ts'
import { emptyGuardMemory } from '../../../core/guard/memory.ts'
import { stampKey } from '../../../core/ledger/keys.ts'
import { evidenceDue, lookAt } from '../../../core/publish/look.ts'
import { defaultPublishSettings } from '../../../core/settings/defaults.ts'
import { cluster, evidence, judged, keyOf, ours, prefix, t0 } from '../../support/guard.ts'

const settings = { prefix, clusters: [cluster], guard: defaultPublishSettings.guard }
const followed = new Set(['web@dc1', 'api@dc1'])
const look = (
  services: readonly JudgedService[],
  memory = emptyGuardMemory,
  names: ReadonlySet<string> = followed,
) => lookAt(new Map(services.map((one) => [`${one.name}@dc1`, one])), names, memory, null, settings, t0)

test('a followed service that could not be read stays as it was', () => {
  const before = look([judged([ours(1, 'passing')])])
  const after = look([], before.memory)
  assert.deepEqual([...after.servers], [...before.servers])
  assert.ok(after.live.has('web@dc1'))
  assert.deepEqual(after.holds, [])
})

test('a service that drains as a whole keeps its servers and counts as live only while one of its own is on its way', () => {
  const before = look([judged([ours(1, 'passing')])])
  const leaving = look([judged([ours(1, 'draining')])], before.memory)
  assert.deepEqual([...leaving.servers], [...before.servers])
  assert.ok(!leaving.live.has('web@dc1'))
  const replaced = look([judged([ours(1, 'draining'), ours(2, 'waiting')])], before.memory)
  assert.ok(replaced.live.has('web@dc1'))
})

test('a service that nobody follows any more is forgotten', () => {
  const before = look([judged([ours(1, 'passing')])])
  assert.deepEqual(look([], before.memory, new Set()).servers.size, 0)
})

test('an address that another service’s task has now is not held for the one that vanished', () => {
  const before = look([judged([ours(1, 'passing'), ours(2, 'passing')])])
  const reused = { ...ours(9, 'passing'), server: ours(1, 'passing').server }
  const other = { ...judged([reused]), name: 'api' }
  const after = look([judged([ours(2, 'passing')]), other], before.memory)
  assert.deepEqual(after.servers.get('web@dc1'), [ours(2, 'passing').server])
  assert.equal(after.left[0]?.why, 'its address now belongs to another task')
})

test('evidence is read at the start, at once for a new question, and every five seconds while one is open', () => {
  const question = [{ ledger: keyOf(1), since: t0 }]
  assert.equal(evidenceDue([], null, t0), t0)
  assert.equal(evidenceDue([], evidence(t0, {}), t0 + 60_000), null)
  assert.equal(evidenceDue(question, null, t0), t0)
  assert.equal(evidenceDue(question, evidence(t0 - 1, { 1: null }), t0), t0)
  assert.equal(evidenceDue(question, evidence(t0, { 2: null }), t0 + 1), t0 + 1)
  assert.equal(evidenceDue(question, evidence(t0, { 1: null }), t0 + 1), t0 + 5_000)
})

test('a new epoch is distrusted until every cluster was reconciled under it, or ten minutes', () => {
  const keys = [stampKey(prefix, cluster)]
  const known = { known: 'e1', changedAt: null }
  const wiped = evidence(t0, {}, { epoch: 'e2', stampedAt: t0, stampEpoch: 'e1' })
  const changed = followEpoch(known, wiped, keys, t0)
  assert.deepEqual(changed, { known: 'e1', changedAt: t0 })
  assert.equal(isDistrusted(changed, t0 + 599_999), true)
  assert.equal(isDistrusted(changed, t0 + 600_000), false)
  const stamped = evidence(t0, {}, { epoch: 'e2', stampedAt: t0 })
  assert.deepEqual(followEpoch(changed, stamped, keys, t0), { known: 'e2', changedAt: null })
  assert.deepEqual(followEpoch({ known: null, changedAt: null }, wiped, keys, t0), {
    known: 'e2',
    changedAt: null,
  })
})
