import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Server } from '../../../core/release/endpoints.ts'
import type { UpstreamSettings } from '../../../core/release/layout.ts'
import { parseNginx } from '../../../core/render/nginx-parse.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { weightedServers } from '../../../core/render/weights.ts'
import { endpointsOf } from '../../support/routes.ts'
import { property } from '../../support/scale.ts'

const web: UpstreamSettings = {
  ...{
    name: 'quayside_web',
    context: 'http',
    method: 'least_conn',
    keepalive: 32,
    maxFails: 3,
    failTimeoutSeconds: 5,
  },
  sources: [{ source: 'web@dc1', share: 100 }],
}
const fixed = { mode: 'static' } as const

test('an upstream holds its method, zone, servers in order and idle connections', () => {
  const { http, stream, empty } = renderUpstreams(
    [web],
    endpointsOf({ web: ['[fd00::2]:80', '10.0.0.2:80', '10.0.0.1:81'] }),
    fixed,
  )
  assert.equal(
    http,
    [
      'split_clients "" $quayside_empty_web {',
      '    * 0;',
      '}',
      'upstream quayside_web {',
      '    least_conn;',
      '    zone quayside_web 64k;',
      '    server 10.0.0.1:81 max_fails=3 fail_timeout=5s;',
      '    server 10.0.0.2:80 max_fails=3 fail_timeout=5s;',
      '    server [fd00::2]:80 max_fails=3 fail_timeout=5s;',
      '    keepalive 32;',
      '    keepalive_timeout 4s;',
      '}',
      '',
    ].join('\n'),
  )
  assert.equal(stream, '')
  assert.deepEqual(empty, [])
})

test('a limit of connections stands at every server of both contexts', () => {
  const limited = { ...web, maxConns: 7 }
  const endpoints = endpointsOf({ web: ['10.0.0.1:80', '10.0.0.2:80'] })
  const { http, stream } = renderUpstreams([limited, { ...limited, context: 'stream' }], endpoints, fixed)
  for (const text of [http, stream]) assert.equal(text.match(/ max_conns=7;/g)?.length, 2)
})

test('a sticky upstream hashes its cookie, or has nginx do it where the version can', () => {
  const sticky = { ...web, sticky: 'route' }
  const lines = (canStick: boolean) => {
    const { http } = renderUpstreams([sticky], endpointsOf({}), { mode: 'static', sticky: canStick })
    const upstream = parseNginx(http).find(({ name }) => name === 'upstream')
    const variables = parseNginx(http).flatMap(({ name, args }) => (name === 'upstream' ? [] : [args[1]]))
    return [
      upstream?.block?.slice(0, 2).map(({ name, args }) => `${name} ${args[0] ?? ''}`.trim()),
      variables,
    ]
  }
  assert.deepEqual(lines(false), [
    ['hash $quayside_key_web', 'zone quayside_web'],
    ['$quayside_empty_web', '$quayside_key_web', '$quayside_set_web'],
  ])
  // The locations of the layout name the variable with the cookie whatever the version is.
  assert.deepEqual(lines(true), [
    ['least_conn', 'sticky cookie'],
    ['$quayside_empty_web', '$quayside_set_web'],
  ])
})

test('an upstream without a server is valid and says that it is empty', () => {
  const { http, empty } = renderUpstreams([web], endpointsOf({}), fixed)
  assert.match(http, /\* 1;/)
  assert.match(http, /server 127\.0\.0\.1:1 down;/)
  assert.deepEqual(empty, ['quayside_web'])
})

test('a source takes its share whatever its number of instances', () => {
  const sources = [
    { source: 'blue@dc1', share: 90 },
    { source: 'green@dc1', share: 10 },
    { source: 'next@dc1', share: 0 },
  ]
  const endpoints = endpointsOf({
    blue: ['10.0.0.1:1', '10.0.0.2:1', '10.0.0.3:1'],
    green: ['10.0.0.4:1'],
    next: ['10.0.0.5:1'],
  })
  assert.deepEqual(
    weightedServers({ sources, method: 'least_conn', context: 'http' }, endpoints).map(
      ({ address, weight }) => [address, weight],
    ),
    [
      ['10.0.0.1', 3],
      ['10.0.0.2', 3],
      ['10.0.0.3', 3],
      ['10.0.0.4', 1],
    ],
  )
})

test('an upstream whose shares are all 0 is empty', () => {
  const none = { ...web, sources: [{ source: 'web@dc1', share: 0 }] }
  assert.deepEqual(renderUpstreams([none], endpointsOf({ web: ['10.0.0.1:1'] }), fixed).empty, [
    'quayside_web',
  ])
})

test('shares are kept within a hundredth, and weights are what nginx accepts', () => {
  const server = fc.record({
    weight: fc.integer({ min: 1, max: 65_535 }),
    port: fc.integer({ min: 1, max: 9 }),
  })
  const source = fc.tuple(
    fc.integer({ min: 1, max: 100 }),
    fc.uniqueArray(server, { selector: ({ port }) => port, minLength: 1 }),
  )
  fc.assert(
    fc.property(fc.array(source, { minLength: 1, maxLength: 4 }), (list) => {
      const sources = list.map(([share], at) => ({ source: `s${at}@dc1`, share }))
      const servers = list.map(([, own], at) => [
        `s${at}@dc1`,
        own.map((one) => ({ ...one, address: `10.0.0.${at}` })),
      ])
      const result = weightedServers(
        { sources, method: 'least_conn', context: 'http' },
        { schema: 1, sources: Object.fromEntries(servers) },
      )
      assert.ok(result.every(({ weight }) => Number.isInteger(weight) && weight >= 1 && weight <= 65_535))
      const all = result.reduce((sum, { weight }) => sum + weight, 0)
      const shares = sources.reduce((sum, { share }) => sum + share, 0)
      for (const [at, { share }] of sources.entries()) {
        const own = result.filter(({ address }) => address === `10.0.0.${at}`)
        const part = own.reduce((sum, { weight }) => sum + weight, 0) / all
        assert.ok(Math.abs(part - share / shares) < 0.01, `${part} instead of ${share / shares}`)
      }
    }),
    property(2_000),
  )
})

test('weights of a consistent hash stay small in sum', () => {
  const sources = [
    { source: 'a@dc1', share: 99 },
    { source: 'b@dc1', share: 1 },
  ]
  const many = Array.from({ length: 97 }, (_, at) => `10.0.0.${at}:1`)
  for (const hashed of [
    { method: 'hash_uri', context: 'http' },
    { method: 'hash_uri', context: 'stream' },
    { method: 'ip_hash', context: 'stream' },
  ] as const) {
    const result = weightedServers(
      { sources, ...hashed },
      endpointsOf({ a: many, b: ['10.0.1.1:1', '10.0.1.2:1'] }),
    )
    assert.ok(result.reduce((sum, { weight }) => sum + weight, 0) <= 2_100)
  }
})

test('the zone grows in powers of two with the number of servers', () => {
  const zoneFor = (count: number) => {
    const places = Array.from({ length: count }, (_, at) => `10.0.${at >> 8}.${at & 255}:1`)
    return /zone quayside_web (\w+);/.exec(
      renderUpstreams([web], endpointsOf({ web: places }), fixed).http,
    )?.[1]
  }
  assert.deepEqual([0, 42, 43, 85, 86, 682, 1_000].map(zoneFor), [
    '64k',
    '64k',
    '128k',
    '128k',
    '256k',
    '1m',
    '2m',
  ])
})

test('a stream upstream has no map, no idle connections and a method that streams know', () => {
  const { stream, http } = renderUpstreams(
    [{ ...web, context: 'stream', method: 'ip_hash' }],
    endpointsOf({ web: ['10.0.0.1:1'] }),
    fixed,
  )
  assert.equal(http, '')
  const [upstream] = parseNginx(stream)
  assert.deepEqual(
    upstream?.block?.map(({ name }) => name),
    ['hash', 'zone', 'server'],
  )
})

test('what is no address, port, number or name of ours is refused', () => {
  const bad =
    (over: Partial<UpstreamSettings>, place = '10.0.0.1:1') =>
    () =>
      renderUpstreams([{ ...web, ...over }], endpointsOf({ web: [place] }), fixed)
  const refused = { code: 'RENDER_REFUSED' }
  for (const place of [
    'localhost:1',
    '10.0.0.1 down; } #:1',
    '10.0.0.256:1',
    '10.0.0.1:0',
    '10.0.0.1:70000',
    'unix:1',
  ]) {
    assert.throws(bad({}, place), refused, place)
  }
  assert.throws(bad({ name: 'quayside_x { }' }), refused)
  assert.throws(bad({ name: 'web' }), refused)
  assert.throws(bad({ keepalive: 1.5 }), refused)
  assert.throws(bad({ maxConns: 1.5 }), refused)
  assert.throws(bad({ sticky: 'a; }' }), refused)
})

test('the order of settings and servers does not matter', () => {
  const places = ['10.0.0.1:1', '10.0.0.2:1', '10.0.0.2:2', '[fd00::1]:1']
  const other = { ...web, name: 'quayside_api' }
  const expected = renderUpstreams([web, other], endpointsOf({ web: places }), fixed)
  fc.assert(
    fc.property(fc.shuffledSubarray(places, { minLength: places.length }), (shuffled) => {
      assert.deepEqual(renderUpstreams([other, web], endpointsOf({ web: shuffled }), fixed), expected)
    }),
    property(100),
  )
})

test('what was rendered before makes no difference to what is rendered now', () => {
  const settings: readonly UpstreamSettings[] = Array.from({ length: 150 }, (_, at) => ({
    ...web,
    name: `quayside_u${String(at).padStart(3, '0')}`,
    context: at % 7 === 0 ? 'stream' : 'http',
    sources: [{ source: `s${at % 90}@dc1`, share: 100 }],
  }))
  const step = fc.record({
    source: fc.nat(99),
    places: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
    dropped: fc.nat(149),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
      let sources: Readonly<Record<string, readonly Server[]>> = {}
      for (const { source, places, dropped } of steps) {
        const servers = [...new Set(places)].sort().map((port) => ({ address: '10.0.0.1', port, weight: 1 }))
        sources = { ...sources, [`s${source}@dc1`]: servers }
        const own = settings.filter((_, at) => at !== dropped)
        const rendered = renderUpstreams(own, { schema: 1, sources }, fixed)
        assert.deepEqual(
          rendered,
          renderUpstreams(structuredClone(own), { schema: 1, sources: structuredClone(sources) }, fixed),
        )
      }
    }),
    property(1000),
  )
})
