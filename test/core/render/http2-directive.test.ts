import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { http2Directive } from '../../../core/render/http2-directive.ts'
import { flatten, parseNginx } from '../../../core/render/nginx-parse.ts'
import { property } from '../../support/scale.ts'

test('the parameter of listen becomes a directive of its server, and every other byte stays', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['server { listen 443 ssl http2; }', 'server { listen 443 ssl; http2 on; }'],
    ['server {\n  listen 443 http2 ssl;\n}', 'server {\n  listen 443 ssl; http2 on;\n}'],
    [
      'server { listen 443 ssl http2 default_server; listen [::]:443 ssl http2; }',
      'server { listen 443 ssl default_server; http2 on; listen [::]:443 ssl; }',
    ],
    [
      'server { listen 80; } server { listen 81 http2; }',
      'server { listen 80; } server { listen 81; http2 on; }',
    ],
    ['server { http2 on; listen 443 ssl http2; }', 'server { http2 on; listen 443 ssl; }'],
    ['server { listen 443 ssl http2; http2 off; }', 'server { listen 443 ssl; http2 off; }'],
    ['server { listen 443 ssl "http2"; }', 'server { listen 443 ssl; http2 on; }'],
  ]
  for (const [text, expected] of cases) assert.equal(http2Directive(text), expected)
})

test('what only looks like it stays', () => {
  for (const text of [
    '# listen 443 http2;\nserver { listen 80; }',
    'server { server_name http2; listen 80; }',
    'map $http2 $x { default http2; }',
    'server { location / { return 200 "listen 443 http2;"; } }',
    'server { listen http2; }',
  ])
    assert.equal(http2Directive(text), text)
})

test('whatever the servers are, afterwards none has the parameter and each that had it has the directive', () => {
  const listens = fc.array(fc.constantFrom('80', '443 ssl http2', '81 http2 reuseport', '[::]:443 ssl'), {
    maxLength: 4,
  })
  fc.assert(
    fc.property(fc.array(listens, { maxLength: 5 }), (servers) => {
      const text = servers.map((list) => `server { ${list.map((one) => `listen ${one};`).join(' ')} }\n`)
      const blocks = parseNginx(http2Directive(text.join('')))
      assert.equal(blocks.length, servers.length)
      for (const [i, block] of blocks.entries()) {
        const inside = flatten(block.block ?? [])
        assert.ok(inside.every(({ name, args }) => name !== 'listen' || !args.includes('http2')))
        const had = servers[i]?.some((one) => one.includes('http2')) === true
        assert.equal(inside.filter(({ name }) => name === 'http2').length, had ? 1 : 0)
      }
    }),
    property(2_000),
  )
})
