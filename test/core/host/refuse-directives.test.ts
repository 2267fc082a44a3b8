import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type DirectiveLimits, refuseDirectives } from '../../../core/host/refuse-directives.ts'
import { parseNginx } from '../../../core/render/nginx-parse.ts'

const limits: DirectiveLimits = {
  allowed: [],
  writable: ['/var/log/nginx', '/var/cache/nginx/'],
  configuration: '/etc/nginx',
}
const judge = (text: string, over: Partial<DirectiveLimits> = {}) =>
  refuseDirectives(parseNginx(text), { ...limits, ...over })

const refused: [string, RegExp][] = [
  ['load_module /tmp/x.so;', /^line 1: "load_module \/tmp\/x\.so" is about the whole process/],
  ['server {\n"user" root;}', /^line 2: "user root" is about the whole process/],
  ['worker_processes 1;', /whole process/],
  ['env AWS_SECRET_ACCESS_KEY;', /whole process/],
  ['pid /etc/cron.d/x;', /whole process/],
  ['ssl_engine x;', /whole process/],
  ['server { location / { content_by_lua_block { x; } } }', /runs code/],
  ['init_by_lua_file /tmp/x;', /runs code/],
  ['lua_package_path /tmp;', /runs code/],
  ['js_import /tmp/x.js;', /runs code/],
  ['perl_set $x sub;', /runs code/],
  ['server { location / { perl X::y; } }', /runs code/],
  ['location / { dav_methods PUT; }', /write files/],
  ['location / { proxy_store on; }', /write files/],
  ['location / { fastcgi_store /x$uri; }', /write files/],
  ['access_log /etc/cron.d/x;', /outside \/var\/log\/nginx, \/var\/cache\/nginx/],
  ['server { access_log /var/log/nginx/../../etc/x; }', /outside/],
  ['access_log /var/log/nginx/$host.log;', /outside/],
  ['access_log /var/log/nginx-other/x;', /outside/],
  ['access_log logs/x.log;', /outside/],
  ['location / { if ($x) { access_log /etc/x; } }', /outside/],
  ['error_log /etc/x debug;', /outside/],
  ['proxy_temp_path /etc;', /outside/],
  ['proxy_cache_path /etc keys_zone=x:1m;', /outside/],
  ['include /tmp/*.conf;', /lies outside \/etc\/nginx/],
  ['include /etc/nginx/../../tmp/x;', /lies outside/],
  ['map $x $y { include /tmp/x; }', /lies outside/],
  ['geo $x { include ../x; }', /lies outside/],
  ['server { listen unix:/run/docker.sock; }', /socket file/],
  ['ssl_certificate_key engine:x:y;', /code of OpenSSL/],
]
for (const [text, reason] of refused)
  test(`a host refuses ${text.replaceAll('\n', ' ')}`, () => assert.match(judge(text) ?? '', reason))

const taken = [
  'access_log off; error_log stderr; error_log syslog:server=127.0.0.1 crit;',
  'access_log /var/log/nginx/shop.log quayside_json;',
  'proxy_cache_path /var/cache/nginx/shop keys_zone=x:1m;',
  'proxy_store off; dav_methods off;',
  'include mime.types; include /etc/nginx/snippets/*.conf;',
  'map $uri $x { access_log 1; perl 2; include snippets/map; }',
  'server { listen 80; location / { root /var/www; proxy_pass http://quayside_web; } }',
  'server { ssl_certificate certs/a.pem; ssl_certificate_key certs/a.key; }',
]
for (const text of taken) test(`a host takes ${text}`, () => assert.equal(judge(text), null))

test('what the operator of a host allows by name is taken, and nothing beside it', () => {
  const text = 'perl_set $x sub; js_import x;'
  assert.match(judge(text, { allowed: ['perl_set'] }) ?? '', /js_import/)
  assert.equal(judge(text, { allowed: ['perl_set', 'js_import'] }), null)
})

test('a host takes everything that the default templates write', () => {
  const folder = join(import.meta.dirname, '../../golden/nginx')
  const files = globSync('*.conf', { cwd: folder })
  assert.ok(files.length > 10)
  for (const file of files) assert.equal(judge(readFileSync(join(folder, file), 'utf8')), null, file)
})
