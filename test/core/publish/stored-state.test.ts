import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256 } from '../../../core/canonical.ts'
import type { Member, ServiceMemory } from '../../../core/guard/memory.ts'
import { partedMap } from '../../../core/parted-map.ts'
import { emptyState, type PublisherState } from '../../../core/publish/state.ts'
import { parseState, partsNamed, storeState } from '../../../core/publish/stored-state.ts'
import { runs } from '../../support/scale.ts'
import { stateText, storedAndRead } from '../../support/state.ts'

const memory = (port: number): ServiceMemory => ({ members: [member(port)], passed: true })

function member(port: number): Member {
  const server = { address: '10.0.0.1', port, weight: 1 }
  return { node: 'n', id: `i-${port}`, server, ledger: null, cluster: null, since: null }
}

function stateOf(services: Iterable<readonly [string, ServiceMemory]>): PublisherState {
  const guard = { epoch: { known: 'e', changedAt: null }, services: partedMap(services) }
  const holder = { id: 'web@dc1', members: ['web@dc1'] }
  const tenure = { owner: holder, acting: holder, since: null }
  return { ...emptyState, guard, routing: { services: {}, hosts: { 'a.test': tenure }, routes: {} } }
}

test('a state is read as it was stored, whatever the order in which it came about', () => {
  const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'web@dc1'))
  const services = fc.uniqueArray(fc.tuple(name, fc.nat(65_535)), { selector: ([key]) => key })
  fc.assert(
    fc.property(services, fc.nat(), (entries, turn) => {
      const list = entries.map(([key, port]) => [key, memory(port)] as const)
      const state = stateOf(list)
      const read = storedAndRead(state)
      assert.deepEqual(new Map(read.guard.services), new Map(list))
      assert.deepEqual([read.routing, read.guard.epoch], [state.routing, state.guard.epoch])
      const at = turn % (list.length + 1)
      assert.equal(stateText(stateOf([...list.slice(at), ...list.slice(0, at)])), stateText(state))
      assert.equal(stateText(read), stateText(state))
    }),
    { numRuns: runs(1_000) },
  )
})

test('a change of one service stores the root and one part', () => {
  const list = Array.from({ length: 2_000 }, (_, at) => [`service-${at}@dc1`, memory(at)] as const)
  const before = stateOf(list)
  const services = before.guard.services.with([['service-7@dc1', memory(9_999)]])
  const stored = new Set(storeState(before).parts.keys())
  const after = storeState({ ...before, guard: { ...before.guard, services } })
  assert.equal([...after.parts.keys()].filter((digest) => !stored.has(digest)).length, 1)
  assert.deepEqual(new Set(partsNamed(after.root)), new Set(after.parts.keys()))
  for (const [digest, text] of after.parts) assert.equal(sha256(text), digest)
})

test('another schema, and a root that names no parts, are refused', () => {
  for (const root of ['{"schema":2}', '[]', '{"schema":1,"epoch":{},"services":[7],"routing":"x"}'])
    assert.throws(() => parseState(root, () => '{}'), { code: /^RELEASE_(INVALID|UNSUPPORTED)$/ }, root)
})
