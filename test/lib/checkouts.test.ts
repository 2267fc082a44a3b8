import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { tempDir } from '../support/tmp.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
// What a synthesis never reads, and what another checkout of the same commit doesn't have.
const left = new Set(['.git', '.tools', 'cdk.out', 'dist', 'test', 'docs'])
const tools = new Set([
  'node',
  '@biomejs',
  '@typescript',
  'typescript',
  'aws-cdk',
  'fast-check',
  'fastify',
  '.bin',
])

/** Another checkout, with packages of its own: through a link the bundler would find those of this one. */
function checkOut(t: TestContext): string {
  const folder = join(tempDir(t), 'a checkout (copy)')
  copy(root, folder, (name) => !left.has(name) && name !== 'node_modules')
  copy(join(root, 'node_modules'), join(folder, 'node_modules'), (name) => !tools.has(name))
  symlinkSync(join(root, 'node_modules/.bin'), join(folder, 'node_modules/.bin'))
  return folder
}

function copy(from: string, to: string, isWanted: (name: string) => boolean): void {
  const names = readdirSync(from).filter(isWanted)
  execFileSync('mkdir', ['-p', to])
  // Links take no room and no time, where both are in one file system.
  const sources = names.map((name) => join(from, name))
  try {
    execFileSync('cp', ['-R', '-l', ...sources, to], { stdio: 'ignore' })
  } catch {
    execFileSync('cp', ['-R', ...sources, to])
  }
}

async function synthesize(checkout: string, outdir: string): Promise<Readonly<Record<string, string>>> {
  const { context } = JSON.parse(readFileSync(join(checkout, 'cdk.json'), 'utf8')) as { context: object }
  // What the validator says of the template is no part of it.
  const env = {
    ...process.env,
    CDK_OUTDIR: outdir,
    CDK_VALIDATION: 'false',
    CDK_CONTEXT_JSON: JSON.stringify(context),
  }
  await run(process.execPath, ['bin/app.ts'], { cwd: checkout, env })
  const files = readdirSync(outdir).filter((name) => /\.(template|assets)\.json$|^asset\./.test(name))
  return Object.fromEntries(
    files
      .sort()
      .map((name) => [name, name.endsWith('.json') ? readFileSync(join(outdir, name), 'utf8') : 'a folder']),
  )
}

test('two checkouts give the same template and the same bundles, wherever they and their assemblies are', async (t) => {
  const copied = checkOut(t)
  const [here, there] = await Promise.all([
    synthesize(root, tempDir(t)),
    synthesize(copied, join(copied, 'cdk.out')),
  ])
  assert.deepEqual(Object.keys(there), Object.keys(here))
  assert.deepEqual(there, here)
  assert.equal(Object.keys(here).filter((name) => name.startsWith('asset.')).length >= 4, true)
})
