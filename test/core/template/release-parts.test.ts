import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '../../../core/canonical.ts'
import { type Layout, layoutId, layoutText } from '../../../core/release/layout.ts'
import { parseLayout } from '../../../core/release/parse-layout.ts'
import { needText } from '../../../core/template/need.ts'
import { renderInForce, renderOperatorFiles } from '../../../core/template/operator-files.ts'
import { layoutNeeds, operatorFilesOf, releaseParts } from '../../../core/template/release-parts.ts'
import { instance, knownData } from '../../support/template-data.ts'

const templates = {
  'app.http': '{{#service "a"}}server {{HostPort}};{{/service}}',
  'k.stream': 'a {{key "k"}};',
}
const data = knownData({ kv: { k: 'v' }, instances: [instance('a', 1)] })
const { files } = renderOperatorFiles(templates, data, [])
const parts = releaseParts(files)
const own = { path: 'base.http.conf', context: 'http' as const, sha256: sha256(''), size: 0 }
const layout: Layout = {
  ...{ schema: 1, upstreams: [], renderer: 'test/1' },
  ...{ files: [own, ...parts.files], volatile: parts.volatile },
}

test('a layout names settings by their bytes and volatile files by template and queries; the pointer has their bytes', () => {
  assert.deepEqual(parseLayout(layoutText(layout), layoutId(layout)), layout)
  assert.deepEqual(
    parts.files.map(({ path, context }) => [path, context]),
    [['operator/k.stream.conf', 'stream']],
  )
  assert.deepEqual(
    parts.refs.map(({ path, sha256: digest }) => [path, digest]),
    [['operator/app.http.conf', sha256('server 10.0.0.1:8000;')]],
  )
  const stored = new Set(parts.blobs.map(sha256))
  for (const digest of [
    ...parts.volatile.map(({ template }) => template),
    ...parts.refs.map((ref) => ref.sha256),
  ])
    assert.ok(stored.has(digest))
})

test('what a release holds is read back as the files in force', () => {
  const blobs = new Map(parts.blobs.map((content) => [sha256(content), content]))
  const inForce = operatorFilesOf(layout, parts.refs, blobs)
  const byPath = (list: typeof inForce) => [...list].sort((a, b) => (a.path < b.path ? -1 : 1))
  assert.deepEqual(byPath(inForce), byPath(files.map((file) => ({ ...file, blobs: [] }))))
  const again = renderOperatorFiles(templates, data, inForce)
  assert.deepEqual(releaseParts(again.files), parts)
})

test('a file of a layout that the pointer does not name has no bytes until it was rendered', () => {
  const blobs = new Map(parts.blobs.map((content) => [sha256(content), content]))
  const bare = operatorFilesOf(layout, [], blobs)
  assert.equal(releaseParts(bare).isComplete, false)
  const unread = { ...data, service: () => undefined }
  const now = (from: typeof data) => bare.flatMap((file) => renderInForce(file, from).files)
  assert.equal(releaseParts(now(unread)).isComplete, false)
  assert.equal(releaseParts(now(data)).isComplete, true)
})

test('what the templates of kept layouts read goes on being watched', () => {
  assert.deepEqual(layoutNeeds([layout, layout]).map(needText), [
    'service name="a" dc="dc1" status="passing"',
  ])
})
