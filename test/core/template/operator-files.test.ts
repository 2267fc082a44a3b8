import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '../../../core/canonical.ts'
import type { TemplateData } from '../../../core/template/data.ts'
import { lostPlaces } from '../../../core/template/lost-places.ts'
import {
  type OperatorFile,
  renderInForce,
  renderOperatorFiles,
} from '../../../core/template/operator-files.ts'
import { parseStoredTemplate } from '../../../core/template/template.ts'
import { instance, knownData } from '../../support/template-data.ts'

const servers = 'upstream a { {{#service "a"}}{{> server}}{{/service}} }'
const templates = {
  'app.http': servers,
  'limits.http': 'limit {{key "limit"}};',
  server: 'server {{HostPort}};',
}
const kv = { limit: '10' }
const at = (...places: readonly number[]) => knownData({ kv, instances: places.map((n) => instance('a', n)) })

function render(data: TemplateData, inForce: readonly OperatorFile[] = [], texts: object = templates) {
  const result = renderOperatorFiles({ ...texts }, data, inForce)
  const contents = result.files.map(({ path, blobs }) => [path, blobs[0] ?? 'kept'])
  return { ...result, contents: Object.fromEntries(contents) }
}

test('templates named for a context are files; those that read instances are volatile', () => {
  const { files, contents, problems } = render(at(1))
  assert.deepEqual(contents, {
    'operator/app.http.conf': 'upstream a { server 10.0.0.1:8000; }',
    'operator/limits.http.conf': 'limit 10;',
  })
  const [app, limits] = files
  assert.deepEqual(app?.volatile?.queries, ['service name="a" dc="dc1" status="passing"'])
  assert.deepEqual(parseStoredTemplate(app?.blobs[1] ?? ''), app?.volatile?.template)
  assert.deepEqual(Object.keys(app?.volatile?.template.partials ?? {}), ['server'])
  assert.equal(app?.ref?.sha256, sha256(app?.blobs[0] ?? ''))
  assert.equal(limits?.volatile, null)
  assert.deepEqual(problems, [])
})

test('a file that fails or waits stays as it is in force, and the others go on', () => {
  const before = render(at(1)).files
  const broken = {
    ...templates,
    'limits.http': 'limit {{key "other"}};\n{{#service "a"}}{{Nope}}{{/service}}',
  }
  const { contents, problems, files } = render(at(2), before, broken)
  assert.deepEqual(contents, {
    'operator/app.http.conf': 'upstream a { server 10.0.0.2:8000; }',
    'operator/limits.http.conf': 'kept',
  })
  assert.equal(files[1]?.ref, before[1]?.ref)
  assert.deepEqual(problems, [
    'template limits.http waits: key path="other" dc="dc1": the key does not exist; keyOrDefault states a default',
  ])
})

test('while a new template is broken, the one in force goes on with the instances of today', () => {
  const before = render(at(1)).files
  const broken = { ...templates, 'app.http': '{{#servce "a"}}{{/servce}}' }
  const { contents, problems } = render(at(2, 3), before, broken)
  assert.equal(
    contents['operator/app.http.conf'],
    'upstream a { server 10.0.0.2:8000;server 10.0.0.3:8000; }',
  )
  assert.match(
    problems[0] ?? '',
    /template app\.http, line 1: .*did you mean service\?; its file stays as it was/,
  )
  assert.equal(render(at(2), [], broken).contents['operator/app.http.conf'], undefined)
})

test('a file of a pinned layout is rendered with the instances of today, down to none and back', () => {
  const [pinned] = render(at(1)).files
  assert.ok(pinned)
  const content = (data: TemplateData) => renderInForce(pinned, data).files[0]?.blobs[0]
  assert.equal(content(at(7)), 'upstream a { server 10.0.0.7:8000; }')
  assert.match(content(at()) ?? '', /upstream a \{ +server 127\.0\.0\.1:1 down;\n\}/)
  assert.equal(content(at(1)), 'upstream a { server 10.0.0.1:8000; }')
  const unread = { ...at(), service: () => undefined }
  assert.deepEqual(renderInForce(pinned, unread).files, [{ ...pinned, blobs: [] }])
})

test('of a template in force even the last instance is left out, so that no address outlives its task', () => {
  const bad = knownData({ kv, instances: [instance('a', 2, { address: 'x;y' })] })
  assert.equal(render(bad).contents['operator/app.http.conf'], undefined)
  const { contents, problems } = render(bad, render(at(1)).files)
  assert.match(contents['operator/app.http.conf'] ?? '', /^upstream a \{ +server 127\.0\.0\.1:1 down;/)
  assert.match(problems[0] ?? '', /a-2 is left out/)
})

test('what was not read yet is missing, and a file that is not in force waits for it', () => {
  const unread = { ...at(), service: () => undefined }
  const { files, missing } = render(unread)
  assert.deepEqual([files.length, missing.length], [1, 1])
  assert.equal(render(unread, render(at(1)).files).files.length, 2)
})

test('who was left out of which template is told', () => {
  const data = knownData({ kv, instances: [instance('a', 1), instance('a', 2, { address: 'x;y' })] })
  const { problems, contents } = render(data)
  assert.equal(contents['operator/app.http.conf'], 'upstream a { server 10.0.0.1:8000; }')
  assert.match(
    problems[0] ?? '',
    /^a@dc1 instance n1\/a-2 is left out of template app\.http: template server, line 1: /,
  )
})

test('a server that a later rendering does not name is lost; a new one is not', () => {
  const text = (...places: readonly string[]) =>
    `upstream a { ${places.map((one) => `server ${one};`).join(' ')} }`
  assert.deepEqual(lostPlaces(text('b', 'a', 'c weight=2'), text('c', 'd')), ['a', 'b'])
  assert.deepEqual(lostPlaces(text('127.0.0.1:1 down'), text('a')), [])
})
