import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mainConfig } from '../../../local/nginx/main-config.ts'

const input = { prefix: '/p', entries: { http: '/e/http.conf' }, workers: 2, connections: 64 }

test('without stream there is neither a stream block nor a module', () => {
  assert.doesNotMatch(mainConfig(input), /stream|load_module/)
})

test('a built-in stream needs no module; a dynamic one is loaded first', () => {
  const entries = { ...input.entries, stream: '/e/stream.conf' }
  assert.doesNotMatch(mainConfig({ ...input, entries }), /load_module/)
  const config = mainConfig({ ...input, entries, streamModule: '/m/stream.so' })
  assert.match(config, /^load_module "\/m\/stream.so";\n/)
  assert.match(config, /stream \{\n {2}include "\/e\/stream.conf";\n\}/)
})

test('every path is inside the prefix or an entry file', () => {
  const paths = [...mainConfig(input).matchAll(/"(\/[^"]*)"/g)].map(([, path]) => path ?? '')
  assert.ok(paths.length >= 8)
  for (const path of paths) assert.match(path, /^\/(p\/|e\/http\.conf$)/)
})

test('quotes and variables in a path stay part of the path', () => {
  assert.ok(mainConfig({ ...input, prefix: '/a "b" $c' }).includes('pid "/a \\"b\\" \\$c/nginx.pid";'))
})
