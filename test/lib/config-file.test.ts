import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { QuaysideError } from '../../core/errors.ts'
import { chooseConfigFile, loadConfigFile, readConfigFile } from '../../lib/config-file.ts'
import { exampleConfig } from '../support/stack.ts'
import { tempDir } from '../support/tmp.ts'

test('the file that was asked for is used', () => {
  assert.deepEqual(chooseConfigFile('other.json'), { path: 'other.json', note: null })
})

test('without a file of their own operators get the example and are told so', (t) => {
  const before = process.cwd()
  t.after(() => process.chdir(before))
  process.chdir(tempDir(t))
  const { path, note } = chooseConfigFile(undefined)
  assert.equal(path, 'quayside.config.example.json')
  assert.match(note ?? '', /no quayside\.config\.json/)
})

test('a file that is not there is named, with how to begin', (t) => {
  const path = join(tempDir(t), 'own.json')
  const { problems } = loadConfigFile(path)
  assert.equal(problems?.length, 1)
  assert.ok(
    problems[0]?.includes(
      `got none at ${path}; to begin: cp quayside.config.example.json quayside.config.json`,
    ),
  )
})

test('a file that is not JSON is told by line and column, and still says whose it is', (t) => {
  const path = join(tempDir(t), 'own.json')
  writeFileSync(path, '{\n  "deployment": "blue",\n}')
  assert.deepEqual(loadConfigFile(path), {
    config: null,
    problems: ['line 3, column 1: expected another member, got "}"; no comma stands after the last one'],
    deployment: 'blue',
  })
})

test('the folder of templates is found from the file, wherever it is read', (t) => {
  const folder = tempDir(t)
  const path = join(folder, 'own.json')
  writeFileSync(path, JSON.stringify(exampleConfig({ templates: 'mine' })))
  assert.equal(readConfigFile(path).templates, join(folder, 'mine'))
})

test('a command gets every problem in one error that names the file', (t) => {
  const path = join(tempDir(t), 'own.json')
  writeFileSync(path, JSON.stringify(exampleConfig({ deployment: 'Blue', logs: { retentionDays: 10 } })))
  assert.throws(
    () => readConfigFile(path),
    (error) =>
      error instanceof QuaysideError &&
      error.code === 'SETTINGS_INVALID' &&
      error.message.startsWith(`${path} is invalid:\n`) &&
      error.message.split('\n  - ').length === 3,
  )
})
