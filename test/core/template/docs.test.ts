import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { blockNames, helperNames, writerNames } from '../../../core/template/helpers/all.ts'
import { renderOperatorTemplate } from '../../../core/template/render.ts'
import { catalogData, parseCatalogFile } from '../../../core/template/snapshot.ts'
import { mainConfig } from '../../../local/nginx/main-config.ts'
import { tempDir } from '../../support/tmp.ts'
import { testTools } from '../../support/tools.ts'

const manual = readFileSync(join(import.meta.dirname, '../../../docs/templates.md'), 'utf8')

/** consul-template's own functions, those of its scratch with their prefix. */
const theirs =
  `datacenters exportedServices importedServices key keyExists keyOrDefault ls safeLs node nodes partitions peerings
  service connect services tree safeTree caRoots caLeaf file secret secrets pkiCert nomadServices nomadService nomadVarList
  nomadVarListSafe nomadVar nomadVarExists scratch.Key scratch.Get scratch.Set scratch.SetX scratch.MapSet scratch.MapSetX
  scratch.MapValues byKey byPort byTag byMeta contains containsAll containsAny containsNone containsNotAll in explode explodeMap
  mergeMap mergeMapWithOverride join split splitToMap trim trimPrefix trimSuffix trimSpace toLower toUpper toTitle indent replaceAll
  regexReplaceAll regexMatch parseBool parseFloat parseInt parseUint parseJSON parseYAML toJSON toJSONPretty toUnescapedJSON
  toUnescapedJSONPretty toTOML toYAML base64Encode base64Decode base64URLEncode base64URLDecode md5sum sha256Hex hmacSHA256Hex env
  mustEnv envOrDefault timestamp sockaddr plugin writeToFile executeTemplate loop add subtract multiply divide modulo minimum maximum
  spew_dump spew_printf spew_sdump spew_sprintf`.split(/\s+/)

type Row = { readonly name: string; readonly ours: readonly string[]; readonly note: string }

const table: readonly Row[] = manual
  .slice(manual.indexOf("## consul-template's functions"))
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const [, name = '', ours = '', note = ''] = line.split(/(?<!\\)\|/)
    return { name: named(name)[0] ?? '', ours: named(ours), note: note.trim() }
  })

function named(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
}

function fenced(kind: 'file' | 'output'): ReadonlyMap<string, string> {
  const blocks = manual.matchAll(/<!-- (file|output): (\S+) -->\n```\w+\n(.*?)```/gs)
  return new Map([...blocks].flatMap(([, k, name = '', text = '']) => (k === kind ? [[name, text]] : [])))
}

function example(name: string): string {
  const json = /```json\n(.*?)```/s.exec(manual)?.[1] ?? ''
  const data = catalogData(parseCatalogFile(JSON.parse(json), 'the manual'))
  const text = fenced('file').get(name) ?? ''
  return renderOperatorTemplate({ name, text, partials: {} }, data).content ?? ''
}

test('the manual says of every function of consul-template what it is here, or why it is not', () => {
  const rows = table.map(({ name }) => name).filter((name) => name !== 'sprig_…')
  assert.deepEqual([...rows].sort(), [...theirs].sort())
  const silent = table.filter(({ ours, note }) => ours.length === 0 && note === '')
  assert.deepEqual(silent, [])
})

test('the functions of the manual are those that templates can call', () => {
  const [, own = ''] = /Of Go's own functions there are (.*?); of Handlebars'/s.exec(manual) ?? []
  const listed = [...table.flatMap(({ ours }) => ours), ...named(own)]
  assert.deepEqual([...listed].sort(), [...helperNames].sort())
  for (const name of writerNames) assert.match(manual, new RegExp(`^\\| \`\\{\\{${name} `, 'm'))
  for (const name of blockNames) assert.match(manual, new RegExp(`\`${name}\``))
})

test('the first example writes what the manual says', () => {
  assert.equal(example('upstream.hbs'), fenced('output').get('upstream.hbs'))
})

test('nginx accepts what the examples write', async (t) => {
  const { nginx } = await testTools()
  const prefix = tempDir(t)
  for (const folder of ['logs', 'temp']) mkdirSync(join(prefix, folder))
  const names = [...fenced('file').keys()]
  assert.equal(names.length, 3)
  const entries = { http: join(prefix, 'http.conf') }
  writeFileSync(entries.http, names.map(example).join('\n'))
  writeFileSync(join(prefix, 'nginx.conf'), mainConfig({ prefix, entries, workers: 1, connections: 64 }))
  const args = ['-t', '-p', prefix, '-c', join(prefix, 'nginx.conf')]
  const said = await new Promise<string>((resolve) => {
    execFile(nginx.path, args, (_, stdout, stderr) => resolve(stdout + stderr))
  })
  assert.match(said, /test is successful/, `${said}\n${readFileSync(entries.http, 'utf8')}`)
})
