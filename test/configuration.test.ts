import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { checkConfig } from '../core/settings/config.ts'
import { sectionsWithout, withTables } from './support/config-tables.ts'
import { fullConfig, withValue } from './support/full-config.ts'

const file = join(import.meta.dirname, '../docs/configuration.md')
const updateCommand = 'QUAYSIDE_UPDATE_DOCS=1 node --test test/configuration.test.ts'
const text = readFileSync(file, 'utf8')

test(`every key is documented as its reader takes it; after a wanted change run: ${updateCommand}`, () => {
  const wanted = withTables(text)
  if (process.env.QUAYSIDE_UPDATE_DOCS === '1') writeFileSync(file, wanted)
  assert.equal(readFileSync(file, 'utf8'), wanted)
})

test('every section of the file has its table', () => {
  assert.deepEqual(sectionsWithout(text), [])
})

test('every configuration that the document shows is one that is taken', () => {
  const shown = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(
    ([, json = '']) => JSON.parse(json) as object,
  )
  assert.ok(shown.length >= 3)
  for (const part of shown) {
    const whole = Object.entries(part).reduce((own, [key, value]) => withValue(own, key, value), fullConfig())
    const config = 'deployment' in part ? part : whole
    assert.deepEqual(checkConfig(config).problems, null, JSON.stringify(part))
  }
})

test('every link of the document leads to a file', () => {
  const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link = '']) => link)
  assert.deepEqual(
    links.filter((link) => !existsSync(join(dirname(file), link))),
    [],
  )
})
