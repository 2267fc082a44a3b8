import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { build } from 'esbuild'
import { functionEnvironment } from '../../core/settings/environment.ts'
import { functionBundling } from '../../lib/bundling.ts'
import { cdkContext } from '../support/stack.ts'

const names = ['register', 'reconcile', 'publish', 'sweep', 'public-key']
const outdir = mkdtempSync(join(tmpdir(), 'quayside-bundles-'))
after(() => rmSync(outdir, { recursive: true, force: true }))

/** Files in the bundle of this entry, bundled with the options of the deployed functions. */
async function inputsOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: functionBundling.target ?? assert.fail('no target'),
    mainFields: functionBundling.mainFields ?? [],
    logLevel: 'silent',
  })
  return Object.keys(metafile.inputs)
}

const foreign = {
  functions: /node_modules\/aws-cdk-lib\/|node_modules\/constructs\/|^(local|test|lib|bin|bench|agent)\//,
  agent:
    /node_modules\/(@aws-sdk|@smithy|undici|aws-cdk-lib|constructs|handlebars)\/|^(local|test|lib|functions|bench)\//,
}

for (const name of names)
  test(`the ${name} bundle holds nothing of the stack, the stand-ins or the tests`, async () => {
    const inputs = await inputsOf(`functions/${name}/index.ts`)
    assert.ok(inputs.includes(`functions/${name}/index.ts`))
    assert.deepEqual(
      inputs.filter((input) => foreign.functions.test(input)),
      [],
    )
  })

test('the agent bundle holds no AWS SDK and no HTTP library', async () => {
  const inputs = await inputsOf('agent/main.ts')
  assert.ok(inputs.includes('agent/main.ts'))
  assert.deepEqual(
    inputs.filter((input) => foreign.agent.test(input)),
    [],
  )
})

/** The example with a folder of templates beside it: one of the operator's own, and one in place of Quayside's. */
function configWithTemplates(): string {
  const folder = join(outdir, 'mine')
  mkdirSync(join(folder, 'built-in'), { recursive: true })
  writeFileSync(join(folder, 'app.http.hbs'), '{{#service "web"}}{{/service}}')
  writeFileSync(join(folder, 'built-in/hsts.hbs'), '{{!-- none --}}')
  writeFileSync(join(folder, 'notes.txt'), 'not for the function')
  const example: unknown = JSON.parse(readFileSync('quayside.config.example.json', 'utf8'))
  const file = join(outdir, 'own.json')
  writeFileSync(file, JSON.stringify({ ...Object(example), templates: 'mine' }))
  return file
}

/** The folders of the bundles as `cdk deploy` would upload them, by function. */
function synthesizedBundles(): Map<string, string> {
  const stack = 'quayside-production'
  // The toolkit sets the second flag too; with it the template says which folder belongs to which function.
  const context = {
    ...cdkContext(),
    'aws:cdk:enable-asset-metadata': true,
    config: configWithTemplates(),
  }
  const env = { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(context) }
  execFileSync(process.execPath, ['bin/app.ts'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const { Resources } = JSON.parse(readFileSync(join(outdir, `${stack}.template.json`), 'utf8')) as {
    Resources: Record<string, { Type: string; Metadata?: Record<string, string> }>
  }
  const functions = Object.entries(Resources).filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
  return new Map(
    functions.map(([id, { Metadata }]) => {
      const name = names.find((known) => id.toLowerCase().includes(known.replace('-', ''))) ?? assert.fail(id)
      return [name, join(outdir, Metadata?.['aws:asset:path'] ?? assert.fail(`${id} has no bundle`))]
    }),
  )
}

const environment = {
  PATH: process.env.PATH,
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  ...functionEnvironment({
    queueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/register',
    bucket: 'releases-0123',
    signingKey: 'alias/quayside-production-signing',
  }),
}

let bundles = new Map<string, string>()
before(() => {
  bundles = synthesizedBundles()
})

test('the publish bundle has the operator’s templates apart from Quayside’s own, and those in place of its own', () => {
  const folder = bundles.get('publish') ?? assert.fail('no bundle')
  assert.deepEqual(readdirSync(join(folder, 'operator')), ['app.http.hbs'])
  assert.equal(readFileSync(join(folder, 'templates/hsts.hbs'), 'utf8'), '{{!-- none --}}')
  assert.ok(existsSync(join(folder, 'templates/base.http.hbs')))
})

for (const name of names)
  test(`the deployed ${name} bundle loads on its own and exports its handler`, () => {
    const folder = bundles.get(name) ?? assert.fail(`no bundle of ${name}`)
    // Outside the repository no node_modules folder can help out.
    const script = `import(${JSON.stringify(join(folder, 'index.mjs'))}).then((m) => { console.log(typeof m.handler); process.exit() })`
    const options = { cwd: folder, env: environment, encoding: 'utf8', timeout: 20_000 } as const
    assert.equal(execFileSync(process.execPath, ['-e', script], options).trim(), 'function')
  })

test('what the operator said lies beside every bundle but that of the public key, which needs none of it', () => {
  for (const [name, folder] of bundles) {
    if (name === 'public-key') {
      assert.ok(!existsSync(join(folder, 'settings.json')))
      continue
    }
    const file: { deployment: string } = JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8'))
    assert.equal(file.deployment, 'production', name)
  }
})

test('the templates lie beside the publish bundle, and beside no other', () => {
  const beside = names.filter((name) => existsSync(join(bundles.get(name) ?? '', 'templates')))
  assert.deepEqual(beside, ['publish'])
  const files = (folder: string) => readdirSync(folder, { recursive: true }).sort()
  assert.deepEqual(files(join(bundles.get('publish') ?? '', 'templates')), files('templates'))
})
