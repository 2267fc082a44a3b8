import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions'
import { type App, CfnResource } from 'aws-cdk-lib/core'
import { parseConfig } from '../../core/settings/config.ts'
import { exampleConfig, stackOf } from '../support/stack.ts'

const goldenFile = join(import.meta.dirname, '../golden/template.json')
const updateCommand = 'QUAYSIDE_UPDATE_GOLDEN=1 node --test test/lib/pipeline-stack.test.ts'

const stack = stackOf(exampleConfig())
const template = Template.fromStack(stack)

/** Hashes of bundles change with every line of every function, and say nothing about what is deployed around them. */
function scrubbed(json: object): unknown {
  return JSON.parse(JSON.stringify(json).replaceAll(/[0-9a-f]{64}\.zip/g, '<bundle>.zip'))
}

test(`the template is the golden one; after a wanted change run: ${updateCommand}`, () => {
  const actual = scrubbed(template.toJSON())
  if (process.env.QUAYSIDE_UPDATE_GOLDEN === '1')
    writeFileSync(goldenFile, `${JSON.stringify(actual, null, 2)}\n`)
  assert.deepEqual(actual, JSON.parse(readFileSync(goldenFile, 'utf8')))
})

test('synthesis neither fails nor warns', () => {
  const annotations = Annotations.fromStack(stack)
  assert.deepEqual(annotations.findError('*', Match.anyValue()), [])
  assert.deepEqual(annotations.findWarning('*', Match.anyValue()), [])
})

test('a template that CloudFormation would refuse fails the synthesis', () => {
  const broken = stackOf(exampleConfig())
  new CfnResource(broken, 'Broken', {
    type: 'AWS::SQS::Queue',
    properties: { VisibilityTimeout: 99_999_999 },
  })
  assert.throws(() => Template.fromStack(broken), /Validation failed/)
  const report = readFileSync(join((broken.node.root as App).outdir, 'validation-report.json'), 'utf8')
  assert.match(report, /VisibilityTimeout/)
})

test('cdk.json carries every recommended feature flag and makes validation errors fatal', () => {
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
  const { context } = read('cdk.json')
  const recommended = read('node_modules/aws-cdk-lib/recommended-feature-flags.json')
  assert.deepEqual({ ...context, ...recommended }, context)
  assert.equal(context['@aws-cdk/core:validateAgainstDefaultRules'], true)
})

test('endpoints are created only where the config asks for them', () => {
  template.resourceCountIs('AWS::EC2::VPCEndpoint', 6)
  const { network } = parseConfig(exampleConfig())
  const existing = Template.fromStack(stackOf(exampleConfig({ network: { ...network, egress: 'existing' } })))
  existing.resourceCountIs('AWS::EC2::VPCEndpoint', 0)
})

test('a config without route tables, with its own security groups and no topic synthesizes without a warning', () => {
  const { network } = parseConfig(exampleConfig())
  const subnets = network.subnets.map(({ id, availabilityZone }) => ({ id, availabilityZone }))
  const securityGroupIds = ['sg-0123456789abcdef0']
  const own = stackOf(
    exampleConfig({ network: { ...network, subnets, securityGroupIds, egress: 'existing' }, alarms: {} }),
  )
  const ownTemplate = Template.fromStack(own)
  ownTemplate.resourceCountIs('AWS::EC2::SecurityGroup', 0)
  ownTemplate.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: Match.absent() })
  assert.deepEqual(Annotations.fromStack(own).findWarning('*', Match.anyValue()), [])
})

test('only HTTPS from the functions reaches the interface endpoints', () => {
  const rules = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress'))
  assert.deepEqual(
    rules.map(({ Properties: { FromPort, ToPort, IpProtocol } }) => [FromPort, ToPort, IpProtocol]),
    [[443, 443, 'tcp']],
  )
})

test('every alarm goes to the topic', () => {
  template.allResourcesProperties('AWS::CloudWatch::Alarm', {
    AlarmActions: ['arn:aws:sns:eu-west-1:123456789012:on-call'],
  })
})
