import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { partCount, partedMap, valuesOf } from '../../core/parted-map.ts'
import { runs } from '../support/scale.ts'

const key = fc.constantFrom('a', 'b', 'web@dc1', 'constructor', '__proto__', '', 'ü', 'x'.repeat(99))
const step = fc.record({
  set: fc.array(fc.tuple(key, fc.nat(3)), { maxLength: 4 }),
  dropped: fc.array(key, { maxLength: 3 }),
})

test('it holds what a map would hold, change by change', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      let map = partedMap<number>()
      const expected = new Map<string, number>()
      for (const { set, dropped } of steps) {
        const [before, entries] = [map, [...map]]
        map = map.with(set, dropped)
        assert.deepEqual([...before], entries, 'the map before is as it was')
        for (const one of dropped) expected.delete(one)
        for (const [one, value] of set) expected.set(one, value)
        assert.deepEqual(new Map(map), expected)
        assert.deepEqual(new Set(map.keys()), new Set(expected.keys()))
        assert.equal(map.size, expected.size)
        for (const one of expected.keys()) assert.equal(map.get(one), expected.get(one))
      }
      assert.equal(map.has('never'), false)
    }),
    { numRuns: runs(2_000) },
  )
})

test('a change that changes nothing gives the same map, and another shares the other parts', () => {
  const map = partedMap(Array.from({ length: 1_000 }, (_, at) => [`service-${at}@dc1`, at] as const))
  assert.equal(map.with([['service-7@dc1', 7]], ['unknown']), map)
  const next = map.with([['service-7@dc1', 8]])
  assert.equal(next.parts.filter((part, at) => part !== map.parts[at]).length, 1)
})

test('names that differ in a number alone are spread over all parts', () => {
  const map = partedMap(Array.from({ length: 10_000 }, (_, at) => [`service-${at}@dc1`, at] as const))
  assert.equal(map.parts.length, partCount)
  for (const { size } of map.parts) assert.ok(size > 100 && size < 220, String(size))
})

test('the values of many keys come in their order, and nothing for a key that isn’t there', () => {
  const map = partedMap(Array.from({ length: 500 }, (_, at) => [`service-${at}`, at] as const))
  const keys = ['service-499', 'nobody', 'service-0']
  assert.deepEqual(valuesOf(map, keys), [499, undefined, 0])
  assert.deepEqual(valuesOf(map.with([['service-0', 7]]), keys), [499, undefined, 7])
})

test('the values of keys are those of the map that is asked, whichever was asked before for the same keys', () => {
  const keys = Array.from({ length: 300 }, (_, at) => `service-${at}`)
  const first = partedMap(keys.slice(0, 200).map((key, at) => [key, at] as const))
  const maps = [
    first,
    first.with([['service-7', -7]]),
    partedMap<number>(),
    first.with([], ['service-9']),
    first,
  ]
  for (const map of maps) {
    assert.deepEqual(
      valuesOf(map, keys),
      keys.map((key) => map.get(key)),
    )
  }
  assert.equal(valuesOf(first, keys), valuesOf(first, keys), 'the same list where nothing changed')
})
