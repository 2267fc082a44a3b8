import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fitsZone, zoneSizeOf, zoneSizes } from '../../../core/render/zone-sizes.ts'
import { placesOf } from '../../support/places.ts'
import { testUpstream } from '../../support/release.ts'
import { endpointsOf } from '../../support/routes.ts'
import { property } from '../../support/scale.ts'

const web = testUpstream('web')
const sizeFor = (servers: number, inForce = {}, overflowed: string[] = []) =>
  zoneSizeOf(
    zoneSizes([web], endpointsOf({ web: placesOf(servers) }), inForce, new Set(overflowed)),
    'quayside_web',
  )

test('a zone that is outgrown gets room for half as many servers again, in powers of two from 128k', () => {
  assert.deepEqual(
    [0, 38, 39, 60, 128, 264, 265, 1_000].map((n) => sizeFor(n)),
    [128, 128, 256, 512, 512, 1024, 2048, 4096],
  )
})

test('a size stays in force while it is large enough, and where servers become fewer', () => {
  const inForce = { quayside_web: 256 }
  assert.deepEqual(
    [0, 39, 89, 90].map((n) => sizeFor(n, inForce)),
    [256, 256, 256, 512],
  )
})

test('a zone in which nginx had no memory is doubled whatever was reckoned, up to 64m', () => {
  assert.equal(sizeFor(3, {}, ['quayside_web']), 256)
  assert.equal(sizeFor(3, { quayside_web: 512 }, ['quayside_web']), 1024)
  assert.equal(sizeFor(3, { quayside_web: 65_536 }, ['quayside_web']), 65_536)
})

test('zones of both contexts have sizes of their own, and those of the smallest size are left out', () => {
  const stream = testUpstream('web', { context: 'stream' })
  const api = testUpstream('api')
  const endpoints = endpointsOf({ web: placesOf(100), api: placesOf(3) })
  assert.deepEqual(zoneSizes([web, stream, api], endpoints, {}), {
    quayside_web: 512,
    quayside_web_stream: 512,
  })
})

test('upstreams that are static in every mode have no size here', () => {
  assert.deepEqual(zoneSizes([{ ...web, method: 'hash_uri' }], endpointsOf({ web: placesOf(100) }), {}), {})
})

test('whatever numbers of servers follow one another, the zone holds them, and grows only where it must', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 30 }), (counts) => {
      let sizes = {}
      for (const count of counts) {
        const before = zoneSizeOf(sizes, 'quayside_web')
        sizes = zoneSizes([web], endpointsOf({ web: placesOf(count) }), sizes)
        const size = zoneSizeOf(sizes, 'quayside_web')
        assert.ok(fitsZone(count, size), `${count} in ${size}k`)
        assert.ok(size === before || !fitsZone(count, before), `${before}k → ${size}k for ${count}`)
      }
    }),
    property(300),
  )
})
