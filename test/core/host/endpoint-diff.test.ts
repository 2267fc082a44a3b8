import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressesIn, endpointDiff, minus, missingSources } from '../../../core/host/endpoint-diff.ts'
import { certificatesIn, listenPortsIn } from '../../../core/host/layout-facts.ts'
import { parseNginx } from '../../../core/render/nginx-parse.ts'
import { testUpstream } from '../../support/release.ts'

const server = (port: number, weight = 1) => ({ address: '10.0.0.1', port, weight })
const of = (sources: Record<string, ReturnType<typeof server>[]>) => ({ schema: 1, sources }) as const

test('an address that left a used source is a removal; a weight, or another source, is none', () => {
  const before = of({ a: [server(1), server(2)], b: [server(3)] })
  const after = of({ a: [server(2, 9), server(4)], b: [] })
  assert.deepEqual(endpointDiff(before, after, new Set(['a'])), {
    removed: ['a 10.0.0.1:1'],
    added: ['a 10.0.0.1:4'],
  })
})

test('an address that moved to another source has left the first', () => {
  const diff = endpointDiff(of({ a: [server(1)], b: [] }), of({ a: [], b: [server(1)] }), new Set(['a', 'b']))
  assert.deepEqual(diff.removed, ['a 10.0.0.1:1'])
})

test('a source that endpoints do not name is missing, an empty one is not', () => {
  const layout = {
    schema: 1,
    files: [],
    volatile: [],
    renderer: '',
    upstreams: [testUpstream('web')],
  } as const
  assert.deepEqual(missingSources(layout, of({})), ['web@dc1'])
  assert.deepEqual(missingSources(layout, of({ 'web@dc1': [] })), [])
})

test('addresses are found in an operator’s own template', () => {
  const found = addressesIn(
    'server 10.0.0.1:80; # v1.2.3.4:5\nserver [2001:db8::1]:81 weight=2; listen 8080;',
  )
  assert.deepEqual([...found], ['10.0.0.1:80', '[2001:db8::1]:81'])
  assert.deepEqual(minus(found, new Set(['10.0.0.1:80'])), ['[2001:db8::1]:81'])
})

test('literal certificate files are found, those looked up per connection are not', () => {
  const text =
    'server { ssl_certificate "/a b.pem"; ssl_certificate_key k.pem; } server { ssl_certificate $x; }'
  assert.deepEqual(certificatesIn(parseNginx(text)), ['/a b.pem', 'k.pem'])
})

test('the ports of all ways to write listen are found', () => {
  const text = ['80', '*:81', '127.0.0.1:82 ssl', '[::]:83', '10.0.0.1', '[::1]', 'localhost:84', 'unix:/x']
  const found = listenPortsIn(parseNginx(text.map((place) => `server { listen ${place}; }`).join('\n')))
  assert.deepEqual(found, [80, 81, 82, 83, 84, 0])
  assert.deepEqual(listenPortsIn(parseNginx('server { listen 127.0.0.1:90-92; }')), [90, 91, 92])
})
