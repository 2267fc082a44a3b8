import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { chooseConfigFile } from '../../lib/config-file.ts'

/** Runs the app as the toolkit would, with this text as its config file. */
function synthesize(t: TestContext, config: string | null) {
  const folder = mkdtempSync(join(tmpdir(), 'quayside-config-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'own.json')
  if (config !== null) writeFileSync(file, config)
  const outdir = join(folder, 'cdk.out')
  const context = { config: file, 'aws:cdk:bundling-stacks': [] }
  const env = { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(context) }
  const { status, stderr } = spawnSync(process.execPath, ['bin/app.ts'], { env, encoding: 'utf8' })
  return { status, stderr, wrote: existsSync(join(outdir, 'manifest.json')) }
}

test('a bad config ends the app with every problem and no assembly', (t) => {
  const result = synthesize(t, '{"deployment": "Blue", "cluster": []}')
  assert.equal(result.status, 1)
  assert.match(result.stderr, /own\.json is invalid:/)
  assert.match(result.stderr, /deployment: expected a deployment id .+, got "Blue"/)
  assert.match(result.stderr, /cluster: unknown setting; did you mean clusters\?/)
  assert.doesNotMatch(result.stderr, /\n {4}at /, 'no stack trace')
  assert.equal(result.wrote, false)
})

test('a template that could never be rendered ends the app', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quayside-templates-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'app.http.hbs'), '{{> nowhere}}')
  const example: unknown = JSON.parse(readFileSync('quayside.config.example.json', 'utf8'))
  const result = synthesize(t, JSON.stringify({ ...Object(example), templates: folder }))
  assert.equal(result.status, 1)
  assert.match(result.stderr, /template app\.http: there is no partial nowhere/)
  assert.equal(result.wrote, false)
})

test('a config file that is not there is named', (t) => {
  const result = synthesize(t, null)
  assert.equal(result.status, 1)
  assert.match(result.stderr, /own\.json could not be read:\n.+no such file/)
})

test('a config file that is not JSON is named', (t) => {
  const result = synthesize(t, '{"deployment": blue}')
  assert.equal(result.status, 1)
  assert.match(result.stderr, /own\.json could not be read:\n.+JSON/)
})

test('the file that was asked for is used', () => {
  assert.deepEqual(chooseConfigFile('other.json'), { path: 'other.json', note: null })
})

test('without a file of their own operators get the example and are told so', (t) => {
  const before = process.cwd()
  const empty = mkdtempSync(join(tmpdir(), 'quayside-config-'))
  t.after(() => {
    process.chdir(before)
    rmSync(empty, { recursive: true, force: true })
  })
  process.chdir(empty)
  const { path, note } = chooseConfigFile(undefined)
  assert.equal(path, 'quayside.config.example.json')
  assert.match(note ?? '', /no quayside\.config\.json/)
})
