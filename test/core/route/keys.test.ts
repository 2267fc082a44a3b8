import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sortLabels } from '../../../core/route/keys.ts'

test('a key of half a megabyte, which a tag may state, is not compared with the known ones', () => {
  // Comparing would take half a minute, in every render.
  const { problems } = sortLabels('web@dc1', { [`nginx-route-${'a'.repeat(500_000)}-hots`]: 'x' })
  assert.deepEqual(
    problems.map(({ kind, expected }) => [kind, expected]),
    [['unknown-key', 'a known key, like nginx-host']],
  )
})
