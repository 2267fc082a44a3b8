import assert from 'node:assert/strict'
import { test } from 'node:test'
import { upstreamName } from '../../../core/dns/names.ts'
import type { Endpoints } from '../../../core/release/endpoints.ts'
import type { UpstreamSettings } from '../../../core/release/layout.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { testUpstream } from '../../support/release.ts'
import { endpointsOf } from '../../support/routes.ts'

const web = testUpstream('web', { method: 'least_conn', keepalive: 32, maxFails: 3, failTimeoutSeconds: 5 })
const both = endpointsOf({ web: ['10.0.0.1:80', '[fd00::2]:80'] })
const resolving = (seeds: Endpoints | null, zones = {}) =>
  ({ mode: 'resolve', resolver: '127.0.0.1:8053', seeds, zones }) as const

test('an upstream that nginx resolves names its servers, and has the last known ones as backup', () => {
  const { http, empty } = renderUpstreams([web], both, resolving(both))
  assert.equal(
    http,
    [
      'split_clients "" $quayside_empty_web {',
      '    * 0;',
      '}',
      'upstream quayside_web {',
      '    least_conn;',
      '    zone quayside_web 128k;',
      '    resolver 127.0.0.1:8053;',
      '    resolver_timeout 2s;',
      `    server ${upstreamName('http', 'quayside_web')} max_fails=3 fail_timeout=5s service=http resolve;`,
      '    server 10.0.0.1:80 max_fails=3 fail_timeout=5s backup;',
      '    server [fd00::2]:80 max_fails=3 fail_timeout=5s backup;',
      '    keepalive 32;',
      '    keepalive_timeout 4s;',
      '}',
      '',
    ].join('\n'),
  )
  assert.deepEqual(empty, [])
})

test('without seeds the text is the same whatever the addresses are, as long as there is one', () => {
  const bare = (endpoints: Endpoints) => renderUpstreams([web], endpoints, resolving(null)).http
  assert.equal(bare(endpointsOf({ web: ['10.0.0.9:81'] })), bare(both))
  assert.notEqual(bare(endpointsOf({})), bare(both))
})

test('an empty upstream is the same in every mode but for its settings', () => {
  const none = endpointsOf({})
  const { http, empty } = renderUpstreams([web], none, resolving(null))
  assert.equal(http, renderUpstreams([web], none, { mode: 'static' }).http)
  assert.deepEqual(empty, ['quayside_web'])
})

const fixed: [string, Partial<UpstreamSettings>][] = [
  ['ip_hash', { method: 'ip_hash' }],
  ['hash_uri', { method: 'hash_uri' }],
  ['random_two', { method: 'random_two' }],
  ['a hash of a stream', { method: 'ip_hash', context: 'stream' }],
  ['sticky', { sticky: 'route' }],
  ['a limit of connections, which backup servers would double', { maxConns: 5 }],
]

for (const [name, over] of fixed)
  test(`an upstream with ${name} is static in every mode`, () => {
    const upstream = { ...web, ...over }
    assert.deepEqual(
      renderUpstreams([upstream], both, resolving(both)),
      renderUpstreams([upstream], both, { mode: 'static' }),
    )
  })

test('a stream upstream has a name and a zone of its own', () => {
  const stream = testUpstream('web', { context: 'stream' })
  const { http, stream: text } = renderUpstreams(
    [web, stream],
    both,
    resolving(both, { quayside_web_stream: 2048 }),
  )
  assert.match(http, /zone quayside_web 128k;[^}]*server quayside_web\.http\.quayside /)
  assert.match(text, /zone quayside_web_stream 2m;[^}]*server quayside_web\.stream\.quayside /)
  assert.doesNotMatch(text, /keepalive|split_clients/)
})

test('what is no address is refused as a seed too', () => {
  const bad = endpointsOf({ web: ['10.0.0.1 down; } #:1'] })
  assert.throws(() => renderUpstreams([web], bad, resolving(bad)), { code: 'RENDER_REFUSED' })
})
