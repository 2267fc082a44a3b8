import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTogether, type OwnServers } from '../../../core/template/check-together.ts'

const own: OwnServers = {
  defaultServers: [{ port: 80 }],
  httpServers: [
    { port: 80, host: 'shop.test' },
    { port: 8443, host: 'shop.test' },
  ],
}

const http = (path: string, content: string) => ({ path, context: 'http' as const, content })
const refusal = (content: string) => checkTogether([http('a', content)], own).refused.get('a') ?? null

test('a file that nginx would refuse beside Quayside’s own is refused', () => {
  assert.match(refusal('server { listen 80 default_server; }') ?? '', /default server on 80 is in Quayside's/)
  assert.match(refusal('server { listen *:80 default_server; }') ?? '', /default server on 80/)
  assert.match(refusal('server_names_hash_max_size 1024;') ?? '', /line 1 sets server_names_hash_max_size/)
  assert.equal(refusal('server { listen 81 default_server; }'), null)
  assert.equal(refusal('server { listen 80; server_name own.test; }'), null)
})

test('names that begin with quayside_ are used by anybody and defined by Quayside alone', () => {
  for (const text of [
    'upstream quayside_a { server 127.0.0.1:1; }',
    'map $host $quayside_a { default 1; }',
    'server { location / { set $quayside_a 1; } }',
    'limit_req_zone $binary_remote_addr zone=quayside_a:1m rate=1r/s;',
    'proxy_cache_path /tmp/x keys_zone=quayside_a:1m;',
    'log_format quayside_a x;',
  ])
    assert.match(refusal(text) ?? '', /defines \$?quayside_a/, text)
  assert.equal(refusal('server { access_log /tmp/x quayside_json; return 200 $quayside_request_id; }'), null)
})

test('of two files that define the same upstream the first stays, and contexts are apart', () => {
  const upstream = 'upstream a { server 127.0.0.1:1; }'
  const stream = { path: 'c', context: 'stream' as const, content: upstream }
  const { refused, notes } = checkTogether([http('a', upstream), http('b', upstream), stream], own)
  assert.deepEqual([...refused], [['b', 'http upstream a is in a too']])
  assert.deepEqual(notes, ['b: http upstream a is in a too; the file stays as it was'])
  assert.equal(refusal(upstream + upstream), 'http upstream a is defined twice')
})

test('a server that Quayside or another file has already is told, and no more than told', () => {
  const files = [
    http('a', 'server { listen 80; server_name shop.test; }'),
    http('b', 'server { listen 81; server_name b.test; }\nserver { listen 81; server_name B.test; }'),
  ]
  const { refused, notes } = checkTogether(files, own)
  assert.equal(refused.size, 0)
  assert.deepEqual(notes, [
    `a, line 1: the server "shop.test" on 80 is in Quayside's own configuration too`,
    'b, line 2: the server "b.test" on 81 is in b, line 1 too',
  ])
})
