import { configReader } from './config.ts'
import { configMeanings, type Meaning } from './config-meanings.ts'
import type { Schema } from './schema.ts'

/** The schema of the config file for editors, made of the very readers that refuse it, and of what its keys mean. */
export function configSchema(): Record<string, unknown> {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'The config file of a Quayside deployment',
    ...explained(configReader.schema ?? {}, ''),
  }
}

/** The schema of each key, by its path, in the order of the file. */
export function keysOf(schema: Schema, at = ''): readonly (readonly [path: string, schema: Schema])[] {
  const below = Object.entries(schema.properties ?? {}).flatMap(([key, member]) =>
    keysOf(member, at === '' ? key : `${at}.${key}`),
  )
  const members = schema.items === undefined ? [] : keysOf(schema.items, `${at}[]`)
  return [...(at === '' ? [] : [[at, schema] as const]), ...below, ...members]
}

function explained(schema: Schema, at: string): Schema {
  const [description, example]: Meaning = configMeanings[at] ?? ['']
  const { properties, items, ...own } = schema
  const members = Object.entries(properties ?? {}).map(([key, member]) => [
    key,
    explained(member, at === '' ? key : `${at}.${key}`),
  ])
  return {
    ...(description === '' ? {} : { description }),
    ...own,
    ...(example === undefined ? {} : { examples: [example] }),
    ...(properties === undefined ? {} : { properties: Object.fromEntries(members) }),
    ...(items === undefined ? {} : { items: explained(items, `${at}[]`) }),
  }
}
