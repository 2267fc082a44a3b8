import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import { checkStructure } from '../../../core/render/check-structure.ts'
import { renderLayout } from '../../../core/render/layout.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import type { Model } from '../../../core/route/model.ts'
import { goldenCatalogs } from '../../support/golden-catalogs.ts'
import { build, defaultTemplates, endpointsOf, publishSettings, routedService } from '../../support/routes.ts'
import { property } from '../../support/scale.ts'

const { services, settings } = goldenCatalogs['every-setting']!
const { model } = build(services, { settings })
const { files } = renderLayout(model, defaultTemplates)

test('injected configuration that nginx would accept is refused with file and line', () => {
  const evil = 'server { listen 8080; server_name evil.test; location / { return 200; } }'
  for (const [from, to] of [
    ['server_name rpc.example.com;', 'server_name rpc.example.com evil.test;'],
    ['server_name rpc.example.com;', 'server_name rpc.example.com; autoindex on;'],
    ['listen 8443 ssl http2;', 'listen 8443 ssl http2; listen 9999;'],
    ['return 404;', 'root /etc;'],
    ['return 404;', 'return 404; } location /evil { return 200;'],
    ['proxy_pass http://', 'proxy_pass http://169.254.169.254; #'],
    ['deny all;', ''],
    ['allow 10.0.0.0/8;', 'allow 0.0.0.0/0;'],
    ['location = /login', 'location ~ /login'],
    ['\nlog_format quayside_json', `\n${evil}\nlog_format quayside_json`],
    ['log_format quayside_json', 'log_format main'],
    ['return 308 https://$host:8443$request_uri', 'return 308 https://evil.test'],
    ['return 301 https://example.com/new$request_uri', 'return 301 https://evil.test$request_uri'],
    ['max-age=31536000; includeSubDomains', 'max-age=0'],
    ['add_header Set-Cookie $quayside_set_', 'add_header Set-Cookie $cookie_'],
    ['error http_503 timeout', 'error http_503 non_idempotent timeout'],
    ['tries 2;', 'tries 100;'],
    ['proxy_buffering off;', ''],
  ] as const) {
    const changed = files.map((file) => ({ ...file, content: file.content.replace(from, to) }))
    assert.notDeepEqual(changed, files, from)
    const refused = { code: 'RENDER_REFUSED', message: /^[a-z]+\.(http|stream)\.conf, line \d+: / }
    assert.throws(() => checkStructure(changed, model), refused, to)
  }
})

test('a missing server is refused', () => {
  const stream = files.filter(({ context }) => context === 'http')
  assert.throws(() => checkStructure(stream, model), {
    code: 'RENDER_REFUSED',
    message: /listen 15353 udp.* not there/,
  })
})

test('upstreams are compared where they are given', () => {
  const { http } = renderUpstreams(model.upstreams, endpointsOf({}), { mode: 'static' })
  const upstreams = { path: 'upstreams.http.conf', context: 'http' as const, content: http }
  checkStructure([...files, upstreams], model)
  const changed = {
    ...upstreams,
    content: http.replace(/upstream quayside_api\w+/, 'upstream quayside_evil'),
  }
  assert.throws(() => checkStructure([...files, changed], model), { code: 'RENDER_REFUSED' })
})

test('two servers of one name on a port are refused', () => {
  const [first] = model.httpServers
  const twice: Model = { ...model, httpServers: [...model.httpServers, first!] }
  assert.throws(() => checkStructure(files, twice), { code: 'RENDER_REFUSED', message: /is there twice/ })
})

test('hostile text in any field of the catalog is refused or contained', () => {
  const places = fc.constantFrom('name', 'tag', 'cluster', ...keys)
  fc.assert(
    fc.property(fc.array(fc.tuple(places, hostile), { minLength: 1, maxLength: 6 }), (attacks) => {
      const victim = routedService('web', { 'nginx-host': 'web.test' })
      const attacker = attacks.reduce(attack, routedService('evil', { 'nginx-host': 'evil.test' }))
      const built = build([victim, attacker], {
        settings: publishSettings({ listeners: settings.listeners }),
      })
      // Throws where the text doesn't have the structure of the model.
      renderLayout(built.model, defaultTemplates)
      const web = built.model.httpServers.find(({ host }) => host === 'web.test')
      assert.deepEqual(
        web?.locations.map(({ owner }) => owner),
        ['web@dc1'],
      )
    }),
    property(5_000),
  )
})

const keys = [
  ...['host', 'path', 'strip', 'proto', 'listen', 'lb', 'weight', 'keepalive', 'max-fails', 'fail-timeout'],
  ...['connect-timeout', 'read-timeout', 'body-size', 'websocket', 'https', 'allow', 'deny', 'group', 'cert'],
  ...['redirect', 'rewrite', 'hsts', 'tries', 'next-upstream', 'max-conns', 'buffering', 'sticky'],
].map((word) => `nginx-${word}`)

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    ...[
      'a; } server { listen 80; } #',
      'x\nreturn 200;',
      '"',
      "'",
      '$host',
      '{{x}}',
      '\\',
      '}',
      '# ',
      '\u2028;',
      '\0',
    ],
    ...[
      '__proto__',
      'constructor',
      '/a b',
      '/a;',
      '/%0a',
      '10.0.0.1/0',
      '0',
      '-1',
      '1e3',
      'NaN',
      '٣',
      'tcp',
      'true',
      'https://b.test$request_uri',
      '301,https://b.test/x;}',
      '1h; includeSubDomains',
      'error,off',
    ],
  ),
)

function attack(service: ServiceSnapshot, [place, text]: readonly [string, string]): ServiceSnapshot {
  const instances = service.instances.map((one) => {
    if (place === 'tag') return { ...one, tags: [...one.tags, text, `nginx.${text}=x`, `nginx.path=${text}`] }
    const key = place === 'cluster' ? 'cluster' : place
    return place === 'name' ? one : { ...one, meta: { ...one.meta, [key]: text } }
  })
  return { ...service, instances, name: place === 'name' ? `evil${text}` : service.name }
}
