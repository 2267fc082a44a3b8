import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Reader } from '../../../core/route/fields.ts'
import { readCookieName, readShare } from '../../../core/route/fields.ts'
import { readHsts } from '../../../core/route/hsts.ts'
import { routeWords, serviceWords } from '../../../core/route/keys.ts'
import { readNextUpstream } from '../../../core/route/next-upstream.ts'
import { readRedirect } from '../../../core/route/redirect.ts'
import { guardWords } from '../../../core/route/service-words.ts'
import { build, publishSettings, routedService } from '../../support/routes.ts'

const settings = publishSettings({
  listeners: [
    { port: 80, protocol: 'http' },
    { port: 443, protocol: 'https' },
    { port: 5432, protocol: 'tcp' },
  ],
  certificates: [{ name: 'site', hosts: ['a.test', 'b.test'], cert: 'c', key: 'k' }],
})

test('a redirect has a code, a place and, if wanted, the URI of the request', () => {
  const to = (code: number, url: string, keepUri: boolean) => ({ code, url, keepUri })
  accepts(readRedirect, [
    ['https://New.Test', to(302, 'https://new.test/', false)],
    ['301,https://new.test/a/b', to(301, 'https://new.test/a/b', false)],
    ['308, http://new.test:08080/a/$request_uri', to(308, 'http://new.test:8080/a', true)],
    ['307,https://new.test$request_uri', to(307, 'https://new.test', true)],
  ])
  refuses(readRedirect, [
    ...[
      '',
      'new.test',
      '/new',
      '303,https://a.test',
      '301 https://a.test',
      'ftp://a.test',
      'https://*.a.test',
    ],
    ...[
      'https://a.test/$uri',
      'https://$host/',
      'https://a.test/$request_uri/x',
      'https://a.test$request_uri?x',
    ],
    ...[
      'https://a.test/a b',
      'https://a.test/;',
      'https://a.test/"',
      'https://a.test/\n',
      'https://a.test:0/',
    ],
    ...[
      'https://a.test/?a=b',
      'https://user@a.test/',
      'https://a.test\\',
      'https://a.test:/',
      '//a.test',
      'https:///',
    ],
  ])
})

test('HSTS is a time and nothing more than subdomains', () => {
  accepts(readHsts, [
    ['off', null],
    ['0', 'max-age=0'],
    ['365d', 'max-age=31536000'],
    ['1h; includesubdomains', 'max-age=3600; includeSubDomains'],
    ['1h,includeSubDomains', 'max-age=3600; includeSubDomains'],
  ])
  refuses(readHsts, ['', 'on', '9999d', 'max-age=1', '1h; preload', '1h; includeSubDomains; preload', '1h;'])
})

test('conditions for another server are nginx’s own, each once and in order', () => {
  accepts(readNextUpstream, [
    ['timeout, error error', ['error', 'timeout']],
    ['off', ['off']],
    ['error non_idempotent', ['error', 'non_idempotent']],
  ])
  refuses(readNextUpstream, ['', 'off,error', 'non_idempotent', 'http_400', 'error;', 'updating'])
})

test('cookies and shares are read within their bounds', () => {
  accepts(readCookieName, [['my_Route1', 'my_Route1']])
  refuses(readCookieName, ['', 'a-b', 'a=b', 'ä', 'a'.repeat(65)])
  accepts(readShare, [
    ['50%', 0.5],
    ['0.25', 0.25],
    ['1', 1],
    ['0', 0],
  ])
  refuses(readShare, ['', '101%', '2', '-1', '1e0', '50 %'])
})

test('a rewritten path keeps what is below it, on every form of a route', () => {
  assert.deepEqual(uris({ 'nginx-path': '/api', 'nginx-rewrite': '/v2/' }), {
    '/api': '/v2',
    '/api/': '/v2/',
  })
  assert.deepEqual(uris({ 'nginx-path': '/api', 'nginx-rewrite': '/' }), { '/api': '/', '/api/': '/' })
  assert.deepEqual(uris({ 'nginx-rewrite': '/app' }), { '/': '/app/' })
  const exact = { 'nginx-path': '/api', 'nginx-path-type': 'exact' }
  assert.deepEqual(uris({ ...exact, 'nginx-rewrite': '/v2/' }), { '/api': '/v2/' })
})

test('a redirect needs no upstream, and TLS alone says HSTS', () => {
  const labels = { 'nginx-redirect': '301,https://b.test/$request_uri', 'nginx-hsts': '1h' }
  const { model } = build([routedService('old', { 'nginx-host': 'a.test', ...labels })], { settings })
  assert.deepEqual(model.upstreams, [])
  const to = { kind: 'redirect-to', code: 301, url: 'https://b.test', keepUri: true }
  assert.deepEqual(
    model.httpServers.map(({ port, locations }) => [port, locations[0]?.action]),
    [
      [80, { ...to, hsts: null }],
      [443, { ...to, hsts: 'max-age=3600' }],
    ],
  )
})

const contradictions: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['nginx-rewrite', { 'nginx-path': '/a', 'nginx-strip': 'true', 'nginx-rewrite': '/b' }],
  ['nginx-rewrite', { 'nginx-proto': 'grpc', 'nginx-rewrite': '/b' }],
  ['nginx-redirect', { 'nginx-redirect': 'https://a.test$request_uri' }],
  ['nginx-redirect', { 'nginx-redirect': 'http://a.test/x', 'nginx-https': 'redirect' }],
  [
    'nginx-redirect',
    { 'nginx-path': '/a', 'nginx-path-type': 'exact', 'nginx-redirect': 'https://a.test$request_uri' },
  ],
  ['nginx-redirect', { 'nginx-proto': 'tcp', 'nginx-redirect': 'https://b.test' }],
  ['nginx-hsts', { 'nginx-https': 'off', 'nginx-hsts': '1h' }],
  ['nginx-sticky', { 'nginx-lb': 'ip_hash', 'nginx-sticky': 'route' }],
  ['nginx-sticky', { 'nginx-proto': 'grpc', 'nginx-sticky': 'route' }],
]
for (const [key, labels] of contradictions) {
  test(`${JSON.stringify(labels)} is refused for its ${key}`, () => {
    const { problems } = build([routedService('web', { 'nginx-host': 'a.test', ...labels })], { settings })
    assert.deepEqual(
      problems.map((problem) => [problem.kind, problem.key]),
      [['invalid', key]],
    )
  })
}

const compatible: readonly Readonly<Record<string, string>>[] = [
  { 'nginx-redirect': 'https://a.test$request_uri', 'nginx-https': 'off' },
  { 'nginx-redirect': 'https://a.test/new', 'nginx-path': '/old' },
  { 'nginx-redirect': 'https://a.test/v2$request_uri', 'nginx-path': '/old' },
  { 'nginx-redirect': 'https://a.test:8443$request_uri' },
  { 'nginx-strip': 'false', 'nginx-rewrite': '/b' },
  { 'nginx-max-conns': '0', 'nginx-hsts': 'off', 'nginx-buffering': 'on' },
]
for (const labels of compatible) {
  test(`${JSON.stringify(labels)} is accepted`, () => {
    const { problems } = build([routedService('web', { 'nginx-host': 'a.test', ...labels })], { settings })
    assert.deepEqual(problems, [])
  })
}

test('a bad value of any word is refused with what would be right, and the word is not taken for another', () => {
  const checked = [...routeWords, ...serviceWords].filter((word) => word !== 'enable' && word !== 'port')
  for (const word of checked) {
    const key = `nginx-${word}`
    const { problems } = build([routedService('web', { 'nginx-host': 'a.test', [key]: '}; \n' })], {
      settings,
    })
    assert.deepEqual(
      problems.map((problem) => [problem.kind, problem.key, problem.value]),
      [['invalid', key, '}; \n']],
    )
    assert.ok((problems[0]?.expected ?? '').length > 5, key)
  }
})

test('every word is found again when one letter is missing', () => {
  for (const word of [...routeWords, ...serviceWords].filter(({ length }) => length > 4)) {
    const misspelt = `nginx-${word.slice(0, 2)}${word.slice(3)}`
    const { problems } = build([routedService('web', { 'nginx-host': 'a.test', [misspelt]: 'x' })])
    assert.deepEqual(
      problems.map(({ kind, expected }) => [kind, expected]),
      [['unknown-key', `nginx-${word}`]],
    )
  }
})

test('the README has every word in its table', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'))
  const named = new Set(
    rows.flatMap((row) => (row.split('|')[1] ?? '').split(',').map((word) => word.trim())),
  )
  for (const word of [...routeWords, ...serviceWords]) assert.ok(named.has(`\`${word}\``), word)
})

test('of what instances state for the guard, the most careful value counts and a bad one none', () => {
  const stated = [
    { 'nginx-min-instances': '2', 'nginx-max-shrink': '40%' },
    { 'nginx-min-instances': '3', 'nginx-max-shrink': '0.1' },
    { 'nginx-min-instances': 'x', 'nginx-max-shrink': '-1' },
  ]
  assert.deepEqual(guardWords(stated), { minInstances: 3, maxShrink: 0.1 })
  assert.deepEqual(guardWords([{}]), {})
})

function uris(labels: Readonly<Record<string, string>>): Readonly<Record<string, string | null>> {
  const { model, problems } = build([routedService('web', { 'nginx-host': 'a.test', ...labels })])
  assert.deepEqual(problems, [])
  const locations = model.httpServers[0]?.locations ?? []
  return Object.fromEntries(
    locations.flatMap(({ path, action }) => (action.kind === 'proxy' ? [[path, action.uri]] : [])),
  )
}

function accepts<T>(reader: Reader<T>, table: readonly (readonly [string, T])[]): void {
  for (const [text, value] of table) assert.deepEqual(reader(text), { value }, text)
}

function refuses(reader: Reader<unknown>, texts: readonly string[]): void {
  for (const text of texts) assert.ok('expected' in reader(text), JSON.stringify(text))
}
