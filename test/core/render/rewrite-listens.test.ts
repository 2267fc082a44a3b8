import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rewriteListens } from '../../../core/render/rewrite-listens.ts'

const table = { '8080': '127.0.0.1:18081' }

test('only the place of a listen directive changes', () => {
  for (const [text, expected] of [
    ['server { listen 8080; }', 'server { listen 127.0.0.1:18081; }'],
    [
      'server {\n  listen  8080 ssl default_server ;\n}',
      'server {\n  listen  127.0.0.1:18081 ssl default_server ;\n}',
    ],
    [
      'server { listen *:8080; listen 0.0.0.0:8080; }',
      'server { listen 127.0.0.1:18081; listen 127.0.0.1:18081; }',
    ],
    ['server { listen "8080"; }', 'server { listen 127.0.0.1:18081; }'],
    ['server { listen 80; server_name 8080; }', 'server { listen 80; server_name 8080; }'],
    [
      '# listen 8080;\nmap $x $y { "listen 8080;" 8080; }',
      '# listen 8080;\nmap $x $y { "listen 8080;" 8080; }',
    ],
    [
      'server { listen 10.0.0.1:8080; listen [::]:8080; }',
      'server { listen 10.0.0.1:8080; listen [::]:8080; }',
    ],
  ] as const) {
    assert.equal(rewriteListens(text, table), expected)
  }
})

test('without a table the text stays as it is', () => {
  assert.equal(rewriteListens('listen 8080', {}), 'listen 8080')
})

test('a place that is no address and port is refused', () => {
  for (const place of ['', 'host:80', '1;}', '127.0.0.1:18081 ssl', 'unix:/tmp/x']) {
    assert.throws(() => rewriteListens('listen 8080;', { '8080': place }), { code: 'RENDER_REFUSED' }, place)
  }
})

test('text that is no nginx configuration is refused', () => {
  assert.throws(() => rewriteListens('server { listen 8080;', table), {
    code: 'RENDER_REFUSED',
    message: /line 1.*"server"/,
  })
})
