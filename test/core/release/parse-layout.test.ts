import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson } from '../../../core/canonical.ts'
import { type Layout, layoutId } from '../../../core/release/layout.ts'
import { parseLayout } from '../../../core/release/parse-layout.ts'

const sha256 = 'b'.repeat(64)
const upstream: Layout['upstreams'][number] = {
  name: 'quayside_web',
  context: 'http',
  method: 'least_conn',
  keepalive: 8,
  maxFails: 3,
  failTimeoutSeconds: 5,
  sources: [{ source: 'web@dc1', share: 1 }],
}
const layout: Layout = {
  schema: 1,
  files: [{ path: 'servers.http.conf', context: 'http', sha256, size: 9 }],
  upstreams: [upstream],
  volatile: [],
  renderer: 'test/1',
}
const read = (over: object = {}) => {
  const whole = { ...layout, ...over } as Layout
  return parseLayout(canonicalJson(whole), layoutId(whole))
}

test('a layout is read as it is', () => {
  assert.deepEqual(read(), layout)
})

test('what an upstream may leave out is read where it is there', () => {
  const upstreams = [{ ...upstream, maxConns: 9, sticky: 'route' }]
  assert.deepEqual(read({ upstreams }), { ...layout, upstreams })
})

test('content that its name does not fit is refused', () => {
  assert.throws(() => parseLayout(canonicalJson(layout), sha256), {
    code: 'RELEASE_INVALID',
    message: /digest/,
  })
})

const paths = [
  '../a.conf',
  '/a.conf',
  'a/../b.conf',
  '.hidden.conf',
  'a.txt',
  'a b.conf',
  'a;.conf',
  'a//b.conf',
  `${'a'.repeat(250)}.conf`,
  '',
]
for (const path of paths)
  test(`the path ${JSON.stringify(path)} is refused`, () => {
    const files = [{ path, context: 'http', sha256, size: 9 }]
    assert.throws(() => read({ files }), { code: 'RELEASE_INVALID', message: /layout\.files\[0\]\.path/ })
  })

const malformed: readonly (readonly [string, object])[] = [
  ['a cookie with a semicolon', { upstreams: [{ ...upstream, sticky: 'a; }' }] }],
  ['a limit below zero', { upstreams: [{ ...upstream, maxConns: -1 }] }],
  ['an upstream whose name is not ours', { upstreams: [{ ...upstream, name: 'web' }] }],
  ['an upstream name with a semicolon', { upstreams: [{ ...upstream, name: 'quayside_a;b' }] }],
  ['two upstreams of one name', { upstreams: [upstream, upstream] }],
  ['an unknown method', { upstreams: [{ ...upstream, method: 'magic' }] }],
  ['a share below zero', { upstreams: [{ ...upstream, sources: [{ source: 'web@dc1', share: -1 }] }] }],
  [
    'a file below another file',
    { files: ['a.conf', 'a.conf/b.conf'].map((path) => ({ ...layout.files[0], path })) },
  ],
  ['two files of one path', { files: [...layout.files, ...layout.files] }],
  ['a context that nginx lacks', { files: [{ ...layout.files[0], context: 'mail' }] }],
]
for (const [what, over] of malformed)
  test(`${what} is refused`, () => {
    assert.throws(() => read(over), { code: 'RELEASE_INVALID' })
  })
