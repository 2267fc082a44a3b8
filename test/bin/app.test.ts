import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { App, CfnResource, Stack } from 'aws-cdk-lib/core'
import { build } from '../../bin/build.ts'
import { PipelineStack } from '../../lib/pipeline-stack.ts'
import { brokenConfigs } from '../support/broken-configs.ts'
import { cdkContext, exampleConfig } from '../support/stack.ts'
import { tempDir } from '../support/tmp.ts'

/** The app of a config file with this text. */
function appOf(t: TestContext, text: string): App {
  const folder = tempDir(t)
  const file = join(folder, 'own.json')
  writeFileSync(file, text)
  const context = { ...cdkContext(), 'aws:cdk:bundling-stacks': [], config: file }
  const app = new App({ outdir: join(folder, 'cdk.out'), context })
  build(app)
  return app
}

function errorsIn(app: App): unknown[] {
  return app.node
    .findAll()
    .flatMap(({ node }) =>
      node.metadata.filter(({ type }) => type === 'aws:cdk:error').map(({ data }) => data),
    )
}

function resourcesIn(app: App): unknown[] {
  return app.node.findAll().filter((construct) => CfnResource.isCfnResource(construct))
}

for (const { name, config, problem } of brokenConfigs())
  test(`the stack of a wrong config is an error with nothing to deploy: ${name}`, (t) => {
    const app = appOf(t, JSON.stringify(config))
    assert.deepEqual(errorsIn(app), [problem])
    assert.deepEqual(resourcesIn(app), [])
    assert.equal(app.node.children.filter(Stack.isStack).length, 1)
  })

test('text that is no JSON, and a missing file, are errors with nothing to deploy', (t) => {
  const noJson = appOf(t, '{"deployment": "blue",}')
  assert.match(String(errorsIn(noJson)), /^line 1, column 23: expected another member/)
  assert.deepEqual(resourcesIn(noJson), [])
  assert.ok(noJson.node.tryFindChild('quayside-blue'), 'whoever deploys it by its name is told')
  const missing = new App({ context: { config: join(tempDir(t), 'none.json') } })
  build(missing)
  assert.match(String(errorsIn(missing)), /to begin: cp quayside\.config\.example\.json/)
})

test('a template that could never be rendered is an error with nothing to deploy', (t) => {
  const folder = tempDir(t)
  writeFileSync(join(folder, 'app.http.hbs'), '{{> nowhere}}')
  const app = appOf(t, JSON.stringify(exampleConfig({ templates: folder })))
  assert.match(String(errorsIn(app)), /^templates: .*template app\.http: there is no partial nowhere/)
  assert.deepEqual(resourcesIn(app), [])
})

test('a right config is its stack, without an error', (t) => {
  const app = appOf(t, JSON.stringify(exampleConfig()))
  assert.deepEqual(errorsIn(app), [])
  assert.ok(app.node.findChild('quayside-production') instanceof PipelineStack)
})

test('the toolkit lists every problem, fails, and shows no stack trace', (t) => {
  const folder = tempDir(t)
  const file = join(folder, 'own.json')
  const config = exampleConfig({ deployment: 'Blue', alarms: { mail: 'me' }, logs: { retentionDays: 10 } })
  writeFileSync(file, JSON.stringify(config))
  const out = join(folder, 'cdk.out')
  const args = ['node_modules/aws-cdk/bin/cdk', 'synth', '--quiet', '--output', out, '-c', `config=${file}`]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  assert.equal(status, 1)
  const said = stdout + stderr
  assert.match(said, /ERROR deployment: expected a deployment id .+, got "Blue"/)
  assert.match(said, /ERROR logs\.retentionDays: expected one of 1, .+, got 10/)
  assert.match(said, /ERROR alarms\.mail: unknown setting; did you mean email\?/)
  assert.equal([...said.matchAll(/^ERROR /gm)].length, 3)
  assert.doesNotMatch(said, /\n\s+at /)
  const template: { Resources?: object } = JSON.parse(
    readFileSync(join(out, 'quayside.template.json'), 'utf8'),
  )
  assert.equal(template.Resources, undefined)
})
