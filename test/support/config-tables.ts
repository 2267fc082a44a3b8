import { configReader } from '../../core/settings/config.ts'
import { configMeanings } from '../../core/settings/config-meanings.ts'
import { keysOf } from '../../core/settings/config-schema.ts'
import type { Schema } from '../../core/settings/schema.ts'

type Key = readonly [path: string, schema: Schema]

/** Where the document has the table of a section; keys that stand for themselves are in the one named `top`. */
const place = /(<!-- keys: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g

/** The document with the tables that the readers and the meanings of their keys make. */
export function withTables(text: string): string {
  return text.replace(
    place,
    (_all, begin: string, section: string, end: string) => `${begin}${tableOf(section)}${end}`,
  )
}

/** The sections of the file that the document has no table of. */
export function sectionsWithout(text: string): readonly string[] {
  const there = [...text.matchAll(place)].map(([, , section]) => section)
  return [...new Set(allKeys().map(sectionOf))].filter((section) => !there.includes(section))
}

function allKeys(): readonly Key[] {
  // What a list is made of stands with the list, unless its members have keys of their own.
  return keysOf(configReader.schema ?? {}).filter(([path]) => !path.endsWith('[]'))
}

function sectionOf([path]: Key): string {
  const [first = ''] = path.split(/[.[]/)
  return path === first && configMeanings[path]?.[1] !== undefined ? 'top' : first
}

function tableOf(section: string): string {
  const rows = allKeys()
    .filter((key) => sectionOf(key) === section)
    .map(rowOf)
  return ['| key | type | default | meaning | example |', '|---|---|---|---|---|', ...rows, ''].join('\n')
}

function rowOf([path, schema]: Key): string {
  const [meaning = '', example] = configMeanings[path] ?? []
  const cells = [
    `\`${path}\``,
    typeOf(schema),
    defaultOf(schema),
    meaning,
    example === undefined ? '' : json(example),
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function typeOf({ type = [], enum: words, minimum, maximum, minItems, maxItems, items }: Schema): string {
  if (words !== undefined)
    return words
      .filter((word) => word !== null)
      .map(json)
      .join(', ')
  const kind = [type].flat().find((one) => one !== 'null')
  const from = minimum === undefined ? '' : ` from ${minimum} to ${maximum}`
  if (kind === 'array')
    return `list of ${minItems} to ${maxItems}${items?.type === 'object' ? ' objects' : ' texts'}`
  return `${{ string: 'text', integer: 'whole number', number: 'number', boolean: 'true or false' }[kind ?? ''] ?? 'object'}${from}`
}

function defaultOf(schema: Schema): string {
  if (!('default' in schema)) return '**needed**'
  const { default: value } = schema
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return 'that of each key'
  return json(value)
}

function json(value: unknown): string {
  return `\`${JSON.stringify(value)}\``
}
