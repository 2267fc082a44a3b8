import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'

type Case = readonly [folder: string, from: string]

const repository = join(import.meta.dirname, '..')
const samples = mkdtempSync(join(tmpdir(), 'quayside-boundaries-'))
after(() => rmSync(samples, { recursive: true, force: true }))

const refused: readonly Case[] = [
  ['core/task', '../../adapters/consul.ts'],
  ['core/task', '../../functions/register/handler.ts'],
  ['core/task', '../../local/main.ts'],
  ['core/task', '@aws-sdk/client-s3'],
  ['core/task', 'undici'],
  ['core/task', 'node:fs'],
  ['core/task', 'aws-cdk-lib/core'],
  ['adapters', '../agent/cycle.ts'],
  ['adapters', '../functions/register/handler.ts'],
  ['functions/register', '../../agent/cycle.ts'],
  ['functions/register', '../../local/main.ts'],
  ['functions/register', '../publish/index.ts'],
  ['functions/register', 'aws-cdk-lib/core'],
  ['agent', '@aws-sdk/client-s3'],
  ['agent', 'undici'],
  ['agent', '../functions/publish/handler.ts'],
  ['agent', './main.ts'],
  ['lib', '../core/ledger/keys.ts'],
  ['lib', '../core/errors.ts'],
  ['lib', '../adapters/log.ts'],
]

const allowed: readonly Case[] = [
  ['core/task', '../errors.ts'],
  ['core/task', 'node:crypto'],
  ['adapters', '../core/errors.ts'],
  ['functions/register', '../../adapters/consul.ts'],
  ['agent', '../core/release/layout.ts'],
  ['lib', '../core/settings/config.ts'],
  ['lib', 'aws-cdk-lib/core'],
  ['local', '../functions/publish/handler.ts'],
]

const importing = (from: string) => `import { sample } from '${from}'\nexport const own = sample\n`
const fileOf = ([folder, from]: Case) => `${folder}/${from.replaceAll(/[^a-z0-9]+/g, '-')}.ts`
const pure = ['core/task', 'adapters', 'lib']

/** The rules that each sample breaks: a copy of the repository's settings over a tree of one-line files, in one run. */
function lint(files: Readonly<Record<string, string>>): Map<string, string[]> {
  cpSync(join(repository, 'biome.json'), join(samples, 'biome.json'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(samples, path)), { recursive: true })
    writeFileSync(join(samples, path), text)
  }
  // The samples are in no git repository, where the setting that reads .gitignore would be an error.
  const args = ['lint', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none', '.']
  const biome = join(repository, 'node_modules/.bin/biome')
  const { stdout, stderr } = spawnSync(biome, args, { cwd: samples, encoding: 'utf8' })
  assert.match(stdout, /^\{/, stderr)
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { category: string; location: { path: string } }[]
  }
  const broken = Map.groupBy(diagnostics, ({ location }) => location.path)
  return new Map([...broken].map(([path, list]) => [path, list.map(({ category }) => category)]))
}

const broken = lint({
  ...Object.fromEntries([...refused, ...allowed].map((sample) => [fileOf(sample), importing(sample[1])])),
  ...Object.fromEntries(
    pure.map((folder) => [`${folder}/environment.ts`, 'export const own = process.env.HOME\n']),
  ),
})

for (const sample of refused)
  test(`${sample[0]}/ may not import ${sample[1]}`, () => {
    assert.deepEqual(broken.get(fileOf(sample)), ['lint/style/noRestrictedImports'])
  })

for (const sample of allowed)
  test(`${sample[0]}/ may import ${sample[1]}`, () => {
    assert.equal(broken.get(fileOf(sample)), undefined)
  })

for (const folder of pure)
  test(`${folder}/ does not read the environment`, () => {
    assert.deepEqual(broken.get(`${folder}/environment.ts`), ['lint/style/noProcessEnv'])
  })
