import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteWords } from '../../../../core/route/aliases/alias.ts'
import { readFabio } from '../../../../core/route/aliases/fabio.ts'

const read = (...tags: string[]) => readFabio(tags, 'dc7')

const routes: readonly (readonly [tag: string, words: RouteWords])[] = [
  ['urlprefix-a.test/', { host: 'a.test', path: '/' }],
  ['  urlprefix-A.Test/x/y  ', { host: 'a.test', path: '/x/y' }],
  ['urlprefix-*.a.test/', { host: '*.a.test', path: '/' }],
  ['urlprefix-a.test:8080/', { host: 'a.test', path: '/', listen: '8080' }],
  [`urlprefix-$DC.a.test/${'$'}{DC}`, { host: 'dc7.a.test', path: '/dc7' }],
  ['urlprefix-a.test/x strip=/x', { host: 'a.test', path: '/x', strip: '/x' }],
  ['urlprefix-a.test/ proto=https tlsskipverify=true', { host: 'a.test', path: '/', proto: 'https' }],
  ['urlprefix-a.test/ proto=grpc', { host: 'a.test', path: '/', proto: 'grpc' }],
  ['urlprefix-a.test/ weight=0.25', { host: 'a.test', path: '/', weight: '25', group: 'fabio' }],
  ['urlprefix-a.test/ weight=0', { host: 'a.test', path: '/' }],
  [
    'urlprefix-a.test/ allow=ip:10.0.0.0/8,ip:fe80::/10',
    { host: 'a.test', path: '/', allow: '10.0.0.0/8,fe80::/10' },
  ],
  ['urlprefix-a.test/   deny=ip:1.2.3.4', { host: 'a.test', path: '/', deny: '1.2.3.4' }],
  [
    'urlprefix-a.test/ redirect=301,https://b.test$path',
    { host: 'a.test', path: '/', redirect: '301,https://b.test$request_uri' },
  ],
  ['urlprefix-a.test/x prepend=/y', { host: 'a.test', path: '/x', rewrite: '/y/x' }],
  ['urlprefix-a.test/x strip=/x prepend=/y/', { host: 'a.test', path: '/x', rewrite: '/y' }],
  ['urlprefix-a.test/x/z strip=/x prepend=/y', { host: 'a.test', path: '/x/z', rewrite: '/y/z' }],
  ['urlprefix-a.test/ prepend=/y', { host: 'a.test', path: '/', rewrite: '/y/' }],
  [
    'urlprefix-a.test:80/ redirect=301,https://a.test$path',
    { host: 'a.test', path: '/', listen: '80', redirect: '301,https://a.test$request_uri', https: 'off' },
  ],
  ['urlprefix-:3306 proto=tcp', { listen: '3306', proto: 'tcp' }],
  ['urlprefix-:3306', { listen: '3306', proto: 'tcp' }],
]

for (const [tag, words] of routes) {
  test(`the tag ${tag} is a route`, () => {
    const { routes: found, refused, notes } = read(tag)
    assert.deepEqual([found.map(({ values }) => values), refused, notes], [[words], [], []])
  })
}

const refused: readonly (readonly [tag: string, expected: RegExp])[] = [
  ['urlprefix-', /slash/],
  ['urlprefix-a.test', /slash/],
  ['urlprefix-a b.test/', /slash/],
  ['urlprefix-a,b.test/', /host name/],
  ['urlprefix-a.test/x;y', /path/],
  ['urlprefix-a.test/../x', /path/],
  ['urlprefix-:0 proto=tcp', /port/],
  ['urlprefix-:http proto=tcp', /port/],
  ['urlprefix-:3306 proto=http', /proto=tcp only/],
  ['urlprefix-a.test/ proto=tcp', /:port alone/],
  ['urlprefix-a.test/ proto=tcp+sni', /proto=/],
  ['urlprefix-a.test/ weight=2', /part from 0 to 1/],
  ['urlprefix-a.test/ weight=', /part from 0 to 1/],
  ['urlprefix-a.test/ allow=geo:DE', /ip:/],
  ['urlprefix-a.test/ auth=staff', /everybody/],
]

for (const [tag, expected] of refused) {
  test(`the tag ${tag} is refused, and another is not`, () => {
    const found = read(tag, 'urlprefix-ok.test/')
    assert.deepEqual(
      found.routes.map(({ values }) => values.host),
      ['ok.test'],
    )
    assert.deepEqual(
      found.refused.map(({ value }) => value),
      [tag],
    )
    assert.match(found.refused[0]?.expected ?? '', expected)
  })
}

test('an option without a word of ours is told by its name, and the route is served', () => {
  for (const option of ['host=dst', 'pxyproto=true', 'register=x', 'constructor=1', 'flag']) {
    const found = read(`urlprefix-a.test/ ${option}`)
    assert.equal(found.routes.length, 1)
    assert.equal(found.notes.length, 1)
    assert.match(found.notes[0]?.expected ?? '', new RegExp(option.split('=')[0] ?? ''))
  }
})

test('a route for any host is told to have the default name only', () => {
  const found = read('urlprefix-/x')
  assert.deepEqual(
    found.routes.map(({ values }) => values),
    [{ path: '/x' }],
  )
  assert.match(found.notes[0]?.expected ?? '', /default name/)
})

test('ids name the place, each once', () => {
  const found = read('urlprefix-a.test/x', 'urlprefix-a-test/x', 'urlprefix-/', 'urlprefix-:53 proto=tcp')
  assert.deepEqual(
    found.routes.map(({ id }) => id),
    ['fabio-a-test-x', 'fabio-a-test-x-2', 'fabio', 'fabio-53'],
  )
})

test('a place with a port that only sends to HTTPS is folded into the one that is served', () => {
  const found = read('urlprefix-a.test/', 'urlprefix-a.test:80/ redirect=301,https://a.test$path')
  assert.deepEqual(found.routes, [
    { id: 'fabio-a-test', values: { host: 'a.test', path: '/', https: 'redirect' } },
  ])
})
