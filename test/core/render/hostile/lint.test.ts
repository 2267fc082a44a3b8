import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkStructure } from '../../../../core/render/check-structure.ts'
import { renderLayout } from '../../../../core/render/layout.ts'
import { parseNginx } from '../../../../core/render/nginx-parse.ts'
import { balanceMethods } from '../../../../core/route/route.ts'
import { publishSettings as settingsReader } from '../../../../core/settings/publish.ts'
import { readAll } from '../../../../core/settings/reader.ts'
import { bothNginxes, openNginxCheck } from '../../../support/check-nginx.ts'
import {
  build,
  defaultTemplates,
  endpointsOf,
  publishSettings,
  renderAll,
  routedService,
} from '../../../support/routes.ts'

type Verdict = 'refuses' | 'warns of' | 'accepts'

/** Something wrong, what `nginx -t` says to it, and the proof that it can't come from us. */
type Row = {
  readonly text: string
  readonly verdict: Verdict
  /** Where newer versions say something else. */
  readonly newer?: Verdict
  readonly never: () => void
}

const onePort = publishSettings({ listeners: [{ port: 8080, protocol: 'http' }] })
const certified = 'ssl_certificate "certs/site.pem"; ssl_certificate_key "certs/site.key";'
const upstream = (body: string) => `upstream quayside_x { ${body} }`
const server = (body: string, name = 'a.test') => `server { listen 8080; server_name ${name}; ${body} }`

const rows: Readonly<Record<string, Row>> = {
  'idle connections before the balancing method, which loses them': {
    text: upstream('keepalive 8; least_conn; server 10.0.0.1:80;'),
    verdict: 'warns of',
    newer: 'accepts',
    never: () => {
      for (const method of balanceMethods) {
        const words = upstreamWords({ 'nginx-lb': method, 'nginx-keepalive': '8' })
        const at = words.findIndex((word) => /^(least_conn|ip_hash|random|hash)$/.test(word))
        assert.ok(at < words.indexOf('keepalive'), method)
        assert.ok(words.includes('keepalive'))
      }
    },
  },
  'two balancing methods': {
    text: upstream('ip_hash; least_conn; server 10.0.0.1:80;'),
    verdict: 'warns of',
    never: () => refused({ 'nginx-lb': 'ip_hash least_conn' }),
  },
  'one name twice on a port, where the second server is never asked': {
    text: server('return 200;') + server('return 404;'),
    verdict: 'warns of',
    never: () => {
      const { model } = build([host('a', 'a.test'), host('b', 'a.test'), host('c', 'A.test.')])
      assert.equal(model.httpServers.length, 1)
      const [first] = model.httpServers
      const { files } = renderLayout(model, defaultTemplates)
      const twice = { ...model, httpServers: [first!, first!] }
      assert.throws(() => checkStructure(files, twice), { code: 'RENDER_REFUSED' })
    },
  },
  'the same name in capitals': {
    text: server('return 200;') + server('return 404;', 'A.TEST'),
    verdict: 'warns of',
    never: () => assert.deepEqual(hostsOf({ 'nginx-host': 'A.TEST' }), ['a.test']),
  },
  'a name that ends in a dot, which no request has': {
    text: server('return 200;', 'a.test.'),
    verdict: 'accepts',
    never: () => assert.deepEqual(hostsOf({ 'nginx-host': 'a.test.' }), ['a.test']),
  },
  'a name with a slash': {
    text: server('return 200;', 'a.test/x'),
    verdict: 'warns of',
    never: () => refused({ 'nginx-host': 'a.test/x' }),
  },
  'a name that is a regular expression': {
    text: server('return 200;', '~^(a+)+$'),
    verdict: 'accepts',
    never: () => refused({ 'nginx-host': '~^(a+)+$' }),
  },
  'the name of the default server': {
    text: server('return 200;', '_'),
    verdict: 'accepts',
    never: () => refused({ 'nginx-host': '_' }),
  },
  'more names than the hash table has room for': {
    text: Array.from({ length: 5_000 }, (_, at) => server('return 200;', `service-${at}.test`)).join('\n'),
    verdict: 'warns of',
    never: () => {
      const { http } = renderAll(
        [host('a', hostList('a')), host('b', hostList('b'))],
        onePort,
        endpointsOf({}),
      )
      assert.match(http, /^server_names_hash_bucket_size \d+;\nserver_names_hash_max_size \d+;$/m)
    },
  },
  'a network with bits of a host in it': {
    text: server('allow 10.1.2.3/8; deny all;'),
    verdict: 'warns of',
    never: () => {
      const { http } = renderAll(
        [host('a', 'a.test', { 'nginx-allow': '10.1.2.3/8' })],
        onePort,
        endpointsOf({}),
      )
      assert.match(http, / allow 10\.0\.0\.0\/8;/)
    },
  },
  'the address that it takes for an error': {
    text: server('allow 255.255.255.255/32; deny all;'),
    verdict: 'refuses',
    never: () => refused({ 'nginx-allow': '255.255.255.255' }),
  },
  'one port with TLS and without, where all of it is TLS': {
    text: `${server(certified)} server { listen 8080 ssl; server_name b.test; ${certified} }`,
    verdict: 'accepts',
    never: () => {
      const listeners = [
        { port: 8080, protocol: 'http' },
        { port: 8080, protocol: 'https' },
      ]
      const reading = () => readAll('settings', { listeners }, '', settingsReader)
      assert.throws(reading, { code: 'SETTINGS_INVALID' })
    },
  },
  'a path with a dot segment, which no request has': {
    text: server('location /a/../b { return 200; }'),
    verdict: 'accepts',
    never: () => refused({ 'nginx-host': 'a.test', 'nginx-path': '/a/../b' }),
  },
  'an encoded path, which no request has': {
    text: server('location /%61 { return 200; }'),
    verdict: 'accepts',
    never: () => refused({ 'nginx-host': 'a.test', 'nginx-path': '/%61' }),
  },
  'a location twice': {
    text: server('location /a { return 200; } location /a { return 404; }'),
    verdict: 'refuses',
    never: () => {
      const { model } = build([
        host('a', 'a.test', { 'nginx-path': '/a' }),
        host('b', 'a.test', { 'nginx-path': '/a/' }),
      ])
      const paths = model.httpServers[0]?.locations.map(({ match, path }) => `${match} ${path}`)
      assert.deepEqual(paths, ['prefix /', 'exact /a', 'prefix /a/'])
    },
  },
  'an address that closes its block and opens a server': {
    text: upstream('server 10.0.0.1:80; } server { listen 8081; return 200 owned;'),
    verdict: 'accepts',
    never: () => {
      const place = '10.0.0.1:80; } server { listen 8081; return 200 owned;'
      const evil = { schema: 1 as const, sources: { 'a@dc1': [{ address: place, port: 80, weight: 1 }] } }
      assert.throws(() => renderAll([host('a', 'a.test')], onePort, evil), { code: 'RENDER_REFUSED' })
    },
  },
  'an upstream without servers': {
    text: upstream(''),
    verdict: 'refuses',
    never: () => assert.ok(upstreamWords({}).includes('down')),
  },
  'more servers than their zone has room for': {
    text: upstream(`zone quayside_x 64k; ${'server 10.0.0.1:80; '.repeat(200)}`),
    verdict: 'refuses',
    never: () => {
      const places = Array.from({ length: 200 }, (_, at) => `10.0.0.${at}:80`)
      const { http } = renderAll([host('a', 'a.test')], onePort, endpointsOf({ a: places }))
      assert.match(http, /zone quayside_a_\w+ 512k;/)
    },
  },
  'a weight of 0': {
    text: upstream('server 10.0.0.1:80 weight=0;'),
    verdict: 'refuses',
    never: () => {
      const { http } = renderAll(
        [host('a', 'a.test', { 'nginx-weight': '0' })],
        onePort,
        endpointsOf({ a: ['10.0.0.1:80'] }),
      )
      assert.doesNotMatch(http, /weight=|10\.0\.0\.1/)
    },
  },
  'an address that is a host name': {
    text: upstream('server metadata.invalid:80;'),
    verdict: 'refuses',
    never: () => {
      const evil = endpointsOf({ a: ['metadata.invalid:80'] })
      assert.throws(() => renderAll([host('a', 'a.test')], onePort, evil), { code: 'RENDER_REFUSED' })
    },
  },
  'a word of more than 4,096 bytes': {
    text: server(`location /${'a'.repeat(4_096)} { return 200; }`),
    verdict: 'refuses',
    never: () => refused({ 'nginx-host': 'a.test', 'nginx-path': `/${'a'.repeat(4_096)}` }),
  },
  'a variable that is not there': {
    text: server('return 200 $quayside_nothing;'),
    verdict: 'refuses',
    never: () => refused({ 'nginx-host': 'a.test', 'nginx-path': '/$quayside_nothing' }),
  },
}

const check = openNginxCheck()

for (const [what, { text, verdict, newer = verdict, never }] of Object.entries(rows)) {
  test(`nginx ${verdict} ${what}; we never write it`, async () => {
    for (const [name, tool] of Object.entries(bothNginxes)) {
      const { accepted, complaints } = await check(await tool(), { http: text })
      const said = accepted ? (complaints.length > 0 ? 'warns of' : 'accepts') : 'refuses'
      assert.equal(said, name === 'nginx' ? verdict : newer, `${name}: ${complaints.join('\n')}`)
    }
    never()
  })
}

function host(name: string, value: string, meta: Readonly<Record<string, string>> = {}) {
  return routedService(name, { 'nginx-host': value, ...meta })
}

function hostList(name: string): string {
  return Array.from({ length: 60 }, (_, at) => `${name}-${at}.test`).join(',')
}

/** The labels are refused, and nothing of them comes into the model. */
function refused(meta: Readonly<Record<string, string>>): void {
  const { model, problems } = build([routedService('a', { 'nginx-host': 'a.test', ...meta })])
  assert.deepEqual(model.httpServers, [])
  assert.deepEqual(
    problems.map(({ kind, effect }) => [kind, effect]),
    [['invalid', 'left-out']],
  )
}

function hostsOf(meta: Readonly<Record<string, string>>): readonly string[] {
  return build([routedService('a', meta)]).model.httpServers.map(({ host: name }) => name)
}

function upstreamWords(meta: Readonly<Record<string, string>>): readonly string[] {
  const { http } = renderAll([host('a', 'a.test', meta)], onePort, endpointsOf({}))
  const found = parseNginx(http).find(({ name }) => name === 'upstream')
  return (found?.block ?? []).flatMap(({ name, args }) => [name, ...args])
}
