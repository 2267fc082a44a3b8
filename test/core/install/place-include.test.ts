import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeInclude } from '../../../core/install/place-include.ts'
import type { NginxContext } from '../../../core/release/layout.ts'
import { config } from '../../support/host-facts.ts'

function place(context: NginxContext, text: string, others: Readonly<Record<string, string>> = {}) {
  return placeInclude(context, '/s/entry', { path: '/etc/nginx/nginx.conf', text }, config(text, others))
}

test('an include that is there already is left as it is, in whatever file', () => {
  assert.deepEqual(place('http', 'http {\n include /s/entry;\n}'), {
    kind: 'present',
    place: '/etc/nginx/nginx.conf:2',
  })
  const others = { '/etc/nginx/conf.d/mine.conf': 'include "/s/entry";\n' }
  assert.equal(place('http', 'http { include conf.d/*.conf; }', others).kind, 'present')
})

test('an include in the wrong context counts as none', () => {
  assert.equal(place('http', 'stream { include /s/entry; } http { }').kind, 'edit')
})

test('a folder beside the main configuration that it includes by a pattern takes a file', () => {
  for (const pattern of ['/etc/nginx/conf.d/*.conf', 'conf.d/*.conf', 'conf.d/*']) {
    const placed = place('http', `http { include mime.types; include ${pattern}; }`)
    assert.equal(placed.kind === 'file' && placed.path, '/etc/nginx/conf.d/quayside.conf')
    assert.match(placed.kind === 'file' ? placed.text : '', /\ninclude "\/s\/entry";\n$/)
  }
})

test('folders of packages, of servers, and of several patterns are not used', () => {
  assert.equal(place('http', 'http { include /usr/share/nginx/conf/*.conf; }').kind, 'edit')
  assert.equal(place('http', 'http { server { include default.d/*.conf; } }').kind, 'edit')
  assert.equal(place('http', 'http { include /etc/nginx/*/x.conf; include vhosts/*.vhost; }').kind, 'edit')
})

test('a first stream block goes into a file where the top level takes one, and else to the end of the file', () => {
  const placed = place('stream', 'include modules-enabled/*.conf;\nhttp { }\n')
  assert.equal(placed.kind === 'file' && placed.path, '/etc/nginx/modules-enabled/zz-quayside-stream.conf')
  assert.match(placed.kind === 'file' ? placed.text : '', /\nstream \{\n {4}include "\/s\/entry";\n\}\n$/)
  const end = place('stream', 'http { }')
  assert.equal(end.kind === 'edit' && end.insertion.at, 'http { }'.length)
})

test('a stream block that is there already gets the line, since nginx takes only one', () => {
  const edit = place('stream', 'include modules-enabled/*.conf;\nstream {\n}\n')
  assert.equal(edit.kind, 'edit')
  assert.equal(place('stream', 'stream { include stream.d/*.conf; }').kind, 'file')
})

test('a block in a file of its own is the matter of whoever wrote that', () => {
  const placed = place('stream', 'include tcp.conf; http { }', { '/etc/nginx/tcp.conf': 'stream { }' })
  assert.match(
    placed.kind === 'by-hand' ? placed.why : '',
    /stream block in \/etc\/nginx\/tcp\.conf: .*include "\/s\/entry";/,
  )
})
