import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  digestsIn,
  newestPublications,
  refreshAfterMs,
  type StoredVersion,
  spareMs,
  sweepPlan,
} from '../../../core/publish/sweep-plan.ts'
import { blobKey, channelKey, hostReportKey, layoutKey, publicationKey } from '../../../core/release/keys.ts'
import { property } from '../../support/scale.ts'

const day = 24 * 3_600_000
const now = Date.UTC(2026, 10, 20)
const digest = (letter: string) => letter.repeat(64)

function stored(key: string, days: number, version = 'v1'): StoredVersion {
  return { key, version, size: 10, at: now - days * day }
}

const removedOf = (versions: readonly StoredVersion[], ...named: readonly string[]) =>
  sweepPlan(versions, new Set(named), now).removed.map(({ key, version }) => `${key} ${version}`)

test('what nothing names goes when it is a week old, and not before', () => {
  const a = blobKey(digest('a'))
  assert.deepEqual(removedOf([stored(a, 7)]), [`${a} v1`])
  assert.deepEqual(removedOf([stored(a, 6.99)]), [])
  assert.deepEqual(removedOf([stored(a, 400)], digest('a')), [])
})

test('an object whose newest version is young keeps its older versions too', () => {
  const a = blobKey(digest('a'))
  assert.deepEqual(removedOf([stored(a, 30, 'v1'), stored(a, 1, 'v2')]), [])
  assert.deepEqual(removedOf([stored(a, 30, 'v1'), stored(a, 8, 'v2')]), [`${a} v1`, `${a} v2`])
})

test('a report goes with its host, a day after the last one', () => {
  const key = hostReportKey('AROA:i-1')
  assert.deepEqual(removedOf([stored(key, 1)]), [`${key} v1`])
  assert.deepEqual(removedOf([stored(key, 0.99)]), [])
  assert.deepEqual(removedOf([stored(key, 2, 'v1'), stored(key, 0.1, 'v2')]), [])
})

test('only blobs, layouts, publications and reports by their form are ever removed', () => {
  const keys = [
    ...[channelKey('current'), 'hosts/AROA/notes.json', 'blobs/readme', `blobs/${digest('A')}`],
    ...[`layouts/${digest('a')}`, `other/blobs/${digest('a')}`, 'publications/notes.json', digest('a')],
  ]
  assert.deepEqual(removedOf(keys.map((key) => stored(key, 900))), [])
})

test('publications go first, then layouts, then blobs', () => {
  const old = Array.from({ length: 1_001 }, (_, at) => stored(publicationKey(at + 1), 40))
  const rest = [blobKey(digest('a')), layoutKey(digest('b'))].map((key) => stored(key, 40))
  assert.deepEqual(removedOf([...rest, ...old]), [
    `${publicationKey(1)} v1`,
    `${layoutKey(digest('b'))} v1`,
    `${blobKey(digest('a'))} v1`,
  ])
})

test('a publication stays while it is among the newest thousand or younger than thirty days', () => {
  const newest = Array.from({ length: 1_000 }, (_, at) => stored(publicationKey(at + 10), 300))
  assert.deepEqual(removedOf(newest), [])
  assert.deepEqual(removedOf([...newest, stored(publicationKey(1), 29)]), [])
  assert.deepEqual(removedOf([...newest, stored(publicationKey(1), 30)]), [`${publicationKey(1)} v1`])
})

test('the counts tell of every object once', () => {
  const objects = [
    ...[stored(blobKey(digest('a')), 9), stored(blobKey(digest('b')), 1)],
    ...[stored(blobKey(digest('c')), 9, 'v1'), stored(blobKey(digest('c')), 9, 'v2')],
  ]
  const { counts } = sweepPlan(objects, new Set([digest('a')]), now)
  assert.deepEqual(counts.blobs, { named: 1, spared: 1, removed: 1, bytes: 20 })
})

test('digests are found wherever they stand, and nothing else is taken for one', () => {
  const text = JSON.stringify({ a: { deep: [digest('a')] }, [digest('b')]: 1, long: `${digest('c')}c` })
  assert.deepEqual(digestsIn(text), [digest('a'), digest('b')])
})

test('the newest publications are the highest generations, whatever their order', () => {
  const keys = [30, 9, 200].map(publicationKey)
  assert.deepEqual(newestPublications([...keys, channelKey('current')]), [9, 30, 200])
})

test('nothing named and nothing young is removed, whatever is stored', () => {
  const letters = fc.constantFrom(...'abcdef')
  const version = fc.record({ letter: letters, days: fc.integer({ min: 0, max: 20 }), v: fc.nat(3) })
  fc.assert(
    fc.property(fc.array(version), fc.array(letters), (versions, names) => {
      const objects = versions.map(({ letter, days, v }) => stored(blobKey(digest(letter)), days, `v${v}`))
      const { removed } = sweepPlan(objects, new Set(names.map(digest)), now)
      for (const { key } of removed) {
        assert.ok(!names.some((name) => key === blobKey(digest(name))))
        const ages = objects.filter((one) => one.key === key).map(({ at }) => now - at)
        assert.ok(Math.min(...ages) >= spareMs)
      }
    }),
    property(1_000),
  )
})

test('what a writer takes for present is days too young for a sweep', () => {
  assert.ok(spareMs - refreshAfterMs >= 4 * day)
})
