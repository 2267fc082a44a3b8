import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBuild } from '../../../core/install/build.ts'
import {
  contextOf,
  globMatcher,
  placeOf,
  readConfig,
  unreadFiles,
} from '../../../core/install/config-tree.ts'
import { parseDump } from '../../../core/install/dump.ts'
import { listensOf, targetsOf } from '../../../core/install/listens.ts'
import { buildText, config } from '../../support/host-facts.ts'

test('a dump is its files, each with its own text', () => {
  const dump =
    '# configuration file /etc/nginx/nginx.conf:\nhttp {\n}\n\n# configuration file /etc/nginx/a.conf:\n# x\n\n'
  assert.deepEqual(parseDump(dump), [
    { path: '/etc/nginx/nginx.conf', text: 'http {\n}\n' },
    { path: '/etc/nginx/a.conf', text: '# x\n' },
  ])
})

test('directives are found through includes, in the block that includes them', () => {
  const placed = config('include m/*.conf;\nhttp {\n  include /etc/nginx/conf.d/*.conf;\n}\n', {
    '/etc/nginx/m/stream.conf': 'stream {\n  server { listen 1; }\n}\n',
    '/etc/nginx/conf.d/a.conf': 'server {\n  listen 2;\n}\n',
    '/etc/nginx/conf.d/deeper/b.conf': 'server { listen 3; }\n',
  })
  const listens = placed.filter(({ directive }) => directive.name === 'listen')
  assert.deepEqual(
    listens.map((one) => [contextOf(one), placeOf(one)]),
    [
      ['stream server', '/etc/nginx/m/stream.conf:2'],
      ['http server', '/etc/nginx/conf.d/a.conf:2'],
    ],
  )
})

test('a file that only nginx understands is left out and named; the others are read', () => {
  const files = [
    { path: '/e/nginx.conf', text: 'http { include lua.conf; include a.conf; }' },
    { path: '/e/lua.conf', text: 'init_by_lua_block { x = "}" .. \'"\' }' },
    { path: '/e/a.conf', text: 'gzip on;' },
  ]
  assert.deepEqual(
    unreadFiles(files).map(({ path }) => path),
    ['/e/lua.conf'],
  )
  assert.equal(readConfig(files, '/e/nginx.conf').at(-1)?.directive.name, 'gzip')
})

test('a pattern names what nginx would read', () => {
  const names = (pattern: string, path: string) => globMatcher(pattern)(path)
  assert.equal(names('/e/*.conf', '/e/a.conf'), true)
  assert.equal(names('/e/*.conf', '/e/a.confx'), false)
  assert.equal(names('/e/*.conf', '/e/d/a.conf'), false)
  assert.equal(names('/e/?[0-9].conf', '/e/a7.conf'), true)
  assert.equal(names('/e/[!a]', '/e/a'), false)
  assert.equal(names('/e/a.conf', '/e/axconf'), false)
})

test('a place to listen is an address and each of its ports', () => {
  const all = (target: string) => targetsOf(target).map(({ address, port }) => `${address} ${port}`)
  assert.deepEqual(all('80'), ['* 80'])
  assert.deepEqual(all('*:81'), ['* 81'])
  assert.deepEqual(all('0.0.0.0:81'), ['* 81'])
  assert.deepEqual(all('127.0.0.1'), ['127.0.0.1 80'])
  assert.deepEqual(all('[::]:443'), ['[::] 443'])
  assert.deepEqual(all('[::1]'), ['[::1] 80'])
  assert.deepEqual(all('localhost:8080'), ['localhost 8080'])
  assert.deepEqual(all('8000-8002'), ['* 8000', '* 8001', '* 8002'])
  assert.deepEqual(all('unix:/run/x'), [])
})

test('servers of mail are no listens, and a listen knows the names of its server', () => {
  const listens = listensOf(
    config('mail { server { listen 25; } } http { server { listen 80; server_name a b; } }'),
  )
  assert.deepEqual(
    listens.map(({ context, port, names }) => [context, port, names]),
    [['http', 80, 'a b']],
  )
})

test('a build knows its paths and modules', () => {
  const build = parseBuild(buildText('--with-http_v2_module --with-stream=dynamic --with-mail'))!
  assert.equal(build.version, '1.26.2')
  assert.equal(build.pidPath, '/run/nginx.pid')
  const states = ['http_v2', 'stream', 'stream_ssl', 'mail'].map((name) => build.moduleState(name))
  assert.deepEqual(states, ['built-in', 'dynamic', 'none', 'built-in'])
  assert.equal(parseBuild('nginx version: nginx/1.20.0\n')!.confPath, '/usr/local/nginx/conf/nginx.conf')
  assert.equal(parseBuild('command not found'), null)
})
