import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configIdIn, entryFile, noRelease, readAnswer } from '../../../core/host/entry-file.ts'
import { flatten, parseNginx } from '../../../core/render/nginx-parse.ts'

const options = { controlPort: 8_099, healthPort: null, keepaliveMinTimeout: false }
const directives = (text: string, name: string) =>
  flatten(parseNginx(text)).filter((one) => one.name === name)

test('an entry file names each included file, in order, and the config id', () => {
  const text = entryFile('http', 'abc123', ['/a/upstreams.http.conf', '/a b/x.conf'], options)
  const includes = directives(text, 'include').map(({ args }) => args[0])
  assert.deepEqual(includes, ['/a/upstreams.http.conf', '/a b/x.conf'])
  assert.equal(configIdIn(text), 'abc123')
})

test('health is 503 before the first release and 200 with one, on loopback or where load balancers ask', () => {
  const health = (id: string, healthPort: number | null) =>
    directives(entryFile('http', id, [], { ...options, healthPort }), 'return').map(({ args }) => args[0])
  assert.deepEqual(health(noRelease, null), ['200', '503', '404'])
  assert.deepEqual(health('abc', 8_081), ['200', '200', '404', '200', '404'])
})

test('what only newer versions know is written for those alone, and never into the stream context', () => {
  const count = (context: 'http' | 'stream', keepaliveMinTimeout: boolean) =>
    directives(entryFile(context, 'abc', [], { ...options, keepaliveMinTimeout }), 'keepalive_min_timeout')
      .length
  assert.deepEqual([count('http', true), count('http', false), count('stream', true)], [1, 0, 0])
})

test('control servers listen on loopback only', () => {
  for (const context of ['http', 'stream'] as const)
    assert.deepEqual(
      directives(entryFile(context, 'abc', [], options), 'listen').map(({ args }) => args[0]),
      ['127.0.0.1:8099'],
    )
})

test('answers that are not a config id with a pid count as none', () => {
  assert.deepEqual(readAnswer('abc 12\n'), { configId: 'abc', pid: 12 })
  for (const text of ['', 'abc', 'abc x', '<html>', 'abc 12 13']) assert.equal(readAnswer(text), null)
  assert.equal(configIdIn('server {}'), null)
})
