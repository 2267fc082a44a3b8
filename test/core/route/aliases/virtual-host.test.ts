import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteWords } from '../../../../core/route/aliases/alias.ts'
import { readVirtualHost } from '../../../../core/route/aliases/virtual-host.ts'

const host = { VIRTUAL_HOST: 'a.test' }
const place = { host: 'a.test', path: '/' }

const routes: readonly (readonly [meta: Record<string, string>, words: RouteWords])[] = [
  [host, place],
  [{ VIRTUAL_HOST: ' A.test, *.b.test,, ' }, { host: 'a.test,*.b.test', path: '/' }],
  [
    { ...host, VIRTUAL_PATH: '/x' },
    { ...place, path: '/x' },
  ],
  [
    { ...host, VIRTUAL_PATH: '/x', VIRTUAL_DEST: '/' },
    { ...place, path: '/x', strip: 'true' },
  ],
  [
    { ...host, VIRTUAL_PATH: '/x/', VIRTUAL_DEST: '/x' },
    { ...place, path: '/x/' },
  ],
  [{ ...host, VIRTUAL_DEST: '/' }, place],
  [
    { ...host, VIRTUAL_PATH: '/x', VIRTUAL_DEST: '/y' },
    { ...place, path: '/x', rewrite: '/y' },
  ],
  [
    { ...host, HSTS: 'off' },
    { ...place, hsts: 'off' },
  ],
  [
    { ...host, HSTS: 'max-age=60' },
    { ...place, hsts: '60s' },
  ],
  [
    { ...host, HSTS: 'max-age=60; includeSubDomains' },
    { ...place, hsts: '60s; includeSubDomains' },
  ],
  [
    { ...host, VIRTUAL_PROTO: 'grpcs' },
    { ...place, proto: 'grpcs' },
  ],
  [
    { ...host, CERT_NAME: 'site' },
    { ...place, cert: 'site' },
  ],
  [
    { ...host, HTTPS_METHOD: 'redirect' },
    { ...place, https: 'redirect' },
  ],
  [
    { ...host, HTTPS_METHOD: 'noredirect' },
    { ...place, https: 'on' },
  ],
  [
    { ...host, HTTPS_METHOD: 'nohttp' },
    { ...place, https: 'only' },
  ],
  [
    { ...host, HTTPS_METHOD: 'nohttps' },
    { ...place, https: 'off' },
  ],
  [{ ...host, NETWORK_ACCESS: 'external', VIRTUAL_PORT: '80' }, place],
]

for (const [meta, words] of routes) {
  test(`${JSON.stringify(meta)} is a route`, () => {
    assert.deepEqual(readVirtualHost(meta), {
      routes: [{ id: 'virtual', values: words }],
      refused: [],
      notes: [],
    })
  })
}

test('without a host there is no route', () => {
  for (const meta of [{}, { VIRTUAL_HOST: ' ' }, { VIRTUAL_PATH: '/x' }]) {
    assert.deepEqual(readVirtualHost(meta), { routes: [], refused: [], notes: [] })
  }
})

test('a host that is a pattern is told, and the others are served', () => {
  const found = readVirtualHost({ VIRTUAL_HOST: 'a.test,~^b\\..*$,c.*' })
  assert.deepEqual(
    found.routes.map(({ values }) => values.host),
    ['a.test'],
  )
  assert.deepEqual(
    found.notes.map(({ value }) => value),
    ['~^b\\..*$', 'c.*'],
  )
  assert.equal(readVirtualHost({ VIRTUAL_HOST: '~^b$' }).refused[0]?.key, 'VIRTUAL_HOST')
})

test('what would let in whom nginx-proxy keeps out, or serve otherwise, is refused', () => {
  for (const meta of [
    { NETWORK_ACCESS: 'internal' },
    { HTTPS_METHOD: 'maybe' },
    { HTTPS_METHOD: 'toString' },
  ]) {
    const found = readVirtualHost({ ...host, ...meta })
    assert.deepEqual([found.routes.length, found.refused[0]?.key], [0, Object.keys(meta)[0]])
  }
})

test('a header of HSTS that is not offered is told, and the route is served', () => {
  for (const HSTS of ['max-age=60; includeSubDomains; preload', 'on', 'max-age=x']) {
    const found = readVirtualHost({ ...host, HSTS })
    assert.deepEqual([found.routes.length, found.notes[0]?.key], [1, 'HSTS'])
  }
})
