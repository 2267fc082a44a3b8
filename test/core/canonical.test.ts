import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson, canonicalOnce, jsonList, jsonObject } from '../../core/canonical.ts'
import { runs } from '../support/scale.ts'

/** What the text must be, the long way. */
function expected(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}

test('canonical JSON is what JSON.stringify writes, with sorted keys', () => {
  fc.assert(
    fc.property(fc.jsonValue({ depthSize: 'medium' }), (value) => {
      assert.equal(canonicalJson(value), expected(value))
      assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)))
    }),
    { numRuns: runs(5_000) },
  )
})

test('members without a value are left out, and places in a list are kept', () => {
  const value = { b: undefined, a: [undefined, 1, Number.NaN], at: new Date(0), f: () => {} }
  assert.equal(canonicalJson(value), '{"a":[null,1,null],"at":"1970-01-01T00:00:00.000Z"}')
  assert.equal(canonicalJson({ '"\n': '\u2028\ud800' }), expected({ '"\n': '\u2028\ud800' }))
})

test('texts of members make the text of the whole', () => {
  const parts = [{ b: 1, a: [] }, { c: null }]
  assert.equal(jsonList(parts.map(canonicalOnce)), canonicalJson(parts))
  assert.equal(jsonList(parts.map(canonicalOnce)), canonicalJson(parts), 'also the second time')
  assert.equal(jsonObject([['x"y', canonicalOnce(parts)]]), canonicalJson({ 'x"y': parts }))
})
