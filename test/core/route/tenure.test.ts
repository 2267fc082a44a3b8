import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decideTenure, graceMs, soleTenure } from '../../../core/route/tenure.ts'
import { noon } from '../../support/routes.ts'

test('a holder whom nobody contests holds a place as it does among several', () => {
  const holder = fc.record({
    id: fc.constantFrom('a', 'b'),
    members: fc.constantFrom(['a'], ['b'], ['a', 'b']),
  })
  const since = fc.constantFrom(null, noon, noon - 2 * graceMs)
  const tenure = fc.option(fc.record({ owner: holder, acting: holder, since }))
  fc.assert(
    fc.property(tenure, holder, fc.boolean(), (previous, own, live) => {
      const decided = decideTenure(previous, [{ holder: own, live, claims: [] }], noon)
      assert.deepEqual(structuredClone(soleTenure(previous, own)), structuredClone(decided.tenure))
    }),
  )
})
