import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Template } from 'aws-cdk-lib/assertions'
import { type App, Stack } from 'aws-cdk-lib/core'
import { AgentBundle } from '../../lib/agent-bundle.ts'
import { bundleAgent } from '../../packaging/bundle.ts'
import { testApp } from '../support/stack.ts'

const app = testApp()
const stack = new Stack(app, 'Test')
const agent = new AgentBundle(stack, 'Agent', { deployment: 'blue' })
const template = Template.fromStack(stack)

function assets(of: App): readonly string[] {
  return readdirSync(of.outdir).filter((name) => name.startsWith('asset.'))
}

test('what is uploaded is the agent as one file, with the SHA-256 that the template states', () => {
  const [name = '', ...others] = assets(app)
  assert.match(name, /\.mjs$/)
  assert.deepEqual(others, [])
  const content = readFileSync(join(app.outdir, name))
  assert.equal(createHash('sha256').update(content).digest('hex'), agent.sha256)
  assert.doesNotMatch(content.toString(), new RegExp(process.cwd()), 'no path of this machine')
})

test('it is the file that the packages hold', async () => {
  const packaged = createHash('sha256').update(await bundleAgent())
  assert.equal(packaged.digest('hex'), agent.sha256)
})

test('hosts find its place and its SHA-256 in Parameter Store', () => {
  const value = (Name: string) =>
    Object.values(template.findResources('AWS::SSM::Parameter', { Properties: { Name } }))[0]?.Properties
      .Value
  assert.equal(value('/quayside/blue/agent-sha256'), agent.sha256)
  assert.match(JSON.stringify(value('/quayside/blue/agent-url')), /s3:\/\/cdk-.+\.mjs/)
})

test('another build of the same checkout has the same name', () => {
  const again = testApp()
  new AgentBundle(new Stack(again, 'Other'), 'Agent', { deployment: 'green' })
  assert.deepEqual(assets(again), assets(app))
})
