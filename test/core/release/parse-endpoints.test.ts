import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEndpoints } from '../../../core/release/parse-endpoints.ts'

const text = (server: object) => JSON.stringify({ schema: 1, sources: { 'web@dc1': [server] } })
const good = { address: '10.0.0.1', port: 80, weight: 1 }

test('servers are read by source, IPv4 and IPv6', () => {
  for (const address of ['10.0.0.1', 'fd00::1'])
    assert.deepEqual(parseEndpoints(text({ ...good, address })).sources['web@dc1'], [{ ...good, address }])
})

const bad = [
  { address: 'example.com' },
  { address: '[fd00::1]' },
  { address: '10.0.0.1;' },
  { address: '010.0.0.1' },
  { address: 'unix:/tmp/x' },
  { address: 7 },
  { port: 0 },
  { port: 65_536 },
  { port: '80' },
  { weight: 0 },
]
for (const over of bad)
  test(`a server with ${JSON.stringify(over)} is refused, and its source named`, () => {
    assert.throws(() => parseEndpoints(text({ ...good, ...over })), {
      code: 'RELEASE_INVALID',
      message: /web@dc1/,
    })
  })
