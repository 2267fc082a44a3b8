import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Schema, Validator } from '@cfworker/json-schema'
import fc from 'fast-check'
import { checkConfig, configReader } from '../../../core/settings/config.ts'
import { configMeanings } from '../../../core/settings/config-meanings.ts'
import { configSchema, keysOf } from '../../../core/settings/config-schema.ts'
import { brokenConfigs } from '../../support/broken-configs.ts'
import { fullConfig, withValue } from '../../support/full-config.ts'
import { property } from '../../support/scale.ts'

const root = join(import.meta.dirname, '../../..')
const file = join(root, 'quayside.schema.json')
const updateCommand = 'QUAYSIDE_UPDATE_SCHEMA=1 node --test test/core/settings/config-schema.test.ts'

const keys = keysOf(configReader.schema ?? {})
const validator = new Validator(configSchema() as Schema, '7')
const takes = (value: unknown) => validator.validate(value).valid

test(`the published schema is that of the readers; after a wanted change run: ${updateCommand}`, () => {
  const text = `${JSON.stringify(configSchema(), null, 2)}\n`
  if (process.env.QUAYSIDE_UPDATE_SCHEMA === '1') writeFileSync(file, text)
  assert.equal(readFileSync(file, 'utf8'), text)
})

test('every key says its type and what it means, and nothing else is explained', () => {
  // A member of a list of objects is explained by its list.
  const ownKeys = keys.filter(([path, { type }]) => !(path.endsWith('[]') && type === 'object'))
  for (const [path, { type }] of keys) assert.notEqual(type, undefined, path)
  assert.deepEqual(Object.keys(configMeanings).sort(), ownKeys.map(([path]) => path).sort())
})

test('every example in the schema is one that its reader takes', () => {
  for (const [path, [, example]] of Object.entries(configMeanings)) {
    const at = path.replaceAll('[]', '[0]')
    // A key of its own: what is around it may contradict the example, which is no matter of its form.
    const problems = checkConfig(withValue(fullConfig(), at, example)).problems ?? []
    if (example !== undefined)
      assert.deepEqual(
        problems.filter((problem) => problem.startsWith(`${at}: expected a `)),
        [],
      )
    if (example !== undefined) assert.ok(takes(withValue(fullConfig(), at, example)), path)
  }
})

test('the schema takes what the readers take', () => {
  const example: unknown = JSON.parse(readFileSync(join(root, 'quayside.config.example.json'), 'utf8'))
  for (const config of [fullConfig(), example]) {
    assert.deepEqual(checkConfig(config).problems, null)
    assert.ok(takes(config))
  }
})

test('what may be left out or null for the readers may be so for the schema', () => {
  const named = keys.filter(([path]) => !path.endsWith('[]'))
  for (const [path] of named) {
    const at = path.replaceAll('[]', '[0]')
    for (const value of [null, undefined]) {
      const config = withValue(fullConfig(), at, value)
      if (checkConfig(config).problems === null) assert.ok(takes(config), `${at} = ${value}`)
    }
  }
})

for (const { name, config, isOfForm } of brokenConfigs())
  test(`the schema ${isOfForm ? 'refuses it too' : 'can’t say it'}: ${name}`, () => {
    assert.equal(takes(config), !isOfForm)
  })

test('whatever the readers take at any place, the schema takes too', () => {
  const words = ['http', 'retain', 'eu-west-1', 'web', '10.0.0.0/8', '/', 'a.example.com', '']
  const value = fc.oneof(
    fc.constantFrom<unknown>(null, true, false, [], {}, ...words),
    fc.integer({ min: -1, max: 5_000 }),
    fc.double({ min: 0, max: 3, noNaN: true }),
    fc.string({ maxLength: 5 }),
    fc.array(fc.constantFrom<unknown>(...words, 1, null), { maxLength: 2 }),
  )
  const change = fc.record({ key: fc.constantFrom(...keys.map(([path]) => path)), value })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
      const config = changes.reduce(
        (own, { key, value: put }) => putWherePossible(own, key, put),
        fullConfig(),
      )
      if (checkConfig(config).problems === null) assert.ok(takes(config))
    }),
    property(20_000),
  )
})

/** A place that an earlier change has taken away is left alone. */
function putWherePossible(
  config: Record<string, unknown>,
  key: string,
  value: unknown,
): Record<string, unknown> {
  try {
    return withValue(config, key.replaceAll('[]', '[0]'), value)
  } catch {
    return config
  }
}
