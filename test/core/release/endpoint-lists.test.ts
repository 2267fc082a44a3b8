import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  differences,
  endpointsOf,
  endpointsText,
  isSameEndpoints,
  listsOf,
} from '../../../core/release/endpoint-lists.ts'
import type { Endpoints, Server } from '../../../core/release/endpoints.ts'
import { property } from '../../support/scale.ts'

const server = fc
  .constantFrom('10.0.0.1', '10.0.0.2')
  .map((address): Server => ({ address, port: 80, weight: 1 }))
const sources = fc.dictionary(
  fc.constantFrom('a@dc1', 'b@dc1', 'c@dc1', '__proto__@dc1'),
  fc.array(server, { maxLength: 2 }),
  { noNullPrototype: true },
)

function asLists(record: Readonly<Record<string, readonly Server[]>>): Endpoints {
  const names = Object.keys(record).sort()
  return endpointsOf({ sources: names, lists: names.map((name) => record[name] ?? []) })
}

test('endpoints kept as lists are the same as those kept as a record', () => {
  fc.assert(
    fc.property(sources, (record) => {
      const [lists, plain]: readonly Endpoints[] = [asLists(record), { schema: 1, sources: record }]
      assert.ok(lists && plain)
      assert.deepEqual(lists.sources, { ...record })
      assert.deepEqual(listsOf(lists), listsOf(plain))
      assert.equal(endpointsText(lists), endpointsText(plain))
      assert.deepEqual(JSON.parse(endpointsText(lists)), plain)
    }),
    property(2000),
  )
})

test('endpoints differ where a source came, went or has other servers, whichever way they are kept', () => {
  fc.assert(
    fc.property(sources, sources, (before, after) => {
      const [old, now] = [asLists(before), { schema: 1 as const, sources: after }]
      const text = (list: readonly Server[] | undefined) => JSON.stringify(list)
      const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
      const expected = names.filter((name) => text(before[name]) !== text(after[name]))
      const found = differences(old, now).filter((one) => text(one.before) !== text(one.after))
      assert.deepEqual(
        found.map(({ source }) => source),
        expected,
      )
      assert.deepEqual(
        found.map((one) => [one.before, one.after]),
        expected.map((name) => [before[name], after[name]]),
      )
      assert.equal(isSameEndpoints(old, now), expected.length === 0)
    }),
    property(2000),
  )
})

test('a list that is the same object is no difference, and before the first release everything is new', () => {
  const [first, second] = [[], []]
  const names = ['a@dc1', 'b@dc1']
  const old = endpointsOf({ sources: names, lists: [first, second] })
  const now = endpointsOf({ sources: names, lists: [first, []] })
  assert.deepEqual(
    differences(old, now).map(({ source }) => source),
    ['b@dc1'],
  )
  assert.deepEqual(
    differences(null, now).map(({ source }) => source),
    names,
  )
})
