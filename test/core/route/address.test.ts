import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatAddress, inNetwork, parseAddress } from '../../../core/route/address.ts'
import { property } from '../../support/scale.ts'

const canonical = (text: string) => {
  const bytes = parseAddress(text)
  return bytes === null ? null : formatAddress(bytes)
}

test('every address has one spelling', () => {
  for (const [text, expected] of [
    ['10.0.0.1', '10.0.0.1'],
    ['FD00:0:0:1::0:1', 'fd00:0:0:1::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
  ] as const) {
    assert.equal(canonical(text), expected, text)
  }
})

test('what is no literal address is refused', () => {
  const bad = [
    '',
    'localhost',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '0x7f.1',
    '1.2.3.4:80',
    '[::1]',
    'fe80::1%eth0',
    ':',
    '1::2::3',
    '::1.2.3',
  ]
  for (const text of [...bad, '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '12345::', '1.2.3.4::', 'unix:/x']) {
    assert.equal(parseAddress(text), null, text)
  }
})

test('any IPv6 address reads the same as the system reads it, and keeps its meaning when written', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV6(), fc.ipV4(), fc.string()), (text) => {
      assert.equal(parseAddress(text) !== null, isIP(text) !== 0 && !text.includes('%'), text)
      const written = canonical(text)
      if (written !== null) assert.deepEqual(parseAddress(written), parseAddress(text))
    }),
    property(20_000),
  )
})

test('an address is inside a network by its leading bits, and never in one of the other family', () => {
  const inside = (text: string, network: string) => inNetwork(parseAddress(text)!, network)
  assert.ok(inside('172.31.255.255', '172.16.0.0/12'))
  assert.ok(!inside('172.32.0.0', '172.16.0.0/12'))
  assert.ok(inside('fdff::1', 'fc00::/7'))
  assert.ok(!inside('fe80::1', 'fc00::/7'))
  assert.ok(inside('::ffff:169.254.169.254', '169.254.0.0/16'))
  assert.ok(!inside('::1', '0.0.0.0/0'))
  assert.ok(!inside('10.0.0.1', 'nonsense'))
})
