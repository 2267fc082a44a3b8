import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressName, namedAddress, serviceName, upstreamName } from '../../../core/dns/names.ts'
import { formatAddress } from '../../../core/route/address.ts'
import { property } from '../../support/scale.ts'

test("an upstream's name tells its context", () => {
  assert.equal(upstreamName('http', 'quayside_web_1a2b'), 'quayside_web_1a2b.http.quayside')
  assert.equal(upstreamName('stream', 'quayside_web_1a2b'), 'quayside_web_1a2b.stream.quayside')
})

test('the name of any upstream fits into DNS, and no two upstreams share one', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '_', '9'), minLength: 1, maxLength: 80 })
  const names = fc.uniqueArray(
    letters.map((text) => `quayside_${text}`),
    { minLength: 2, maxLength: 8 },
  )
  fc.assert(
    fc.property(names, (all) => {
      const given = all.map((name) => upstreamName('http', name))
      assert.equal(new Set(given).size, all.length)
      for (const name of given) {
        assert.equal(name, name.toLowerCase())
        assert.ok(serviceName(name).length <= 253)
        assert.ok(name.split('.').every((label) => label.length >= 1 && label.length <= 63))
      }
    }),
    property(1_000),
  )
})

test("an address's name says the address, in whatever spelling it came", () => {
  assert.equal(addressName('10.0.0.1'), 'a-0a000001.quayside')
  assert.equal(addressName('FD00:0::1'), addressName('fd00::1'))
  assert.equal(addressName('::ffff:10.0.0.1'), 'a-0a000001.quayside')
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      const bytes = namedAddress(addressName(address)) ?? assert.fail(address)
      assert.equal(addressName(formatAddress(bytes)), addressName(address))
    }),
    property(1_000),
  )
})

test('what is no address has no name, and other names say no address', () => {
  assert.throws(() => addressName('example.org'), { code: 'RENDER_REFUSED' })
  for (const name of [
    '',
    'a-.quayside',
    'a-0a0000.quayside',
    'a-0A000001.quayside',
    'a-0a00000100000000.quayside',
    'b-0a000001.quayside',
    'a-0a00000g.quayside',
    'a-0a000001',
    'a-0a000001.quayside.quayside',
  ])
    assert.equal(namedAddress(name), null, name)
})
