import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions'
import { type App, CfnResource } from 'aws-cdk-lib/core'
import { parseConfig } from '../../core/settings/config.ts'
import { exampleConfig, fleetConfig, fleetTemplate, stackOf } from '../support/stack.ts'

const golden = (name: string) => join(import.meta.dirname, '../golden', name)
const updateCommand = 'QUAYSIDE_UPDATE_GOLDEN=1 node --test test/lib/pipeline-stack.test.ts'

const stack = stackOf(exampleConfig())
const template = Template.fromStack(stack)

/** Hashes of bundles change with every line of every program, and say nothing about what is deployed around them. */
function scrubbed(json: object): unknown {
  return JSON.parse(JSON.stringify(json).replaceAll(/[0-9a-f]{64}/g, '<sha256>'))
}

for (const [name, made, file] of [
  ['the template', template, 'template.json'],
  ['the template with a fleet', fleetTemplate(), 'template-fleet.json'],
] as const)
  test(`${name} is the golden one; after a wanted change run: ${updateCommand}`, () => {
    const actual = scrubbed(made.toJSON())
    if (process.env.QUAYSIDE_UPDATE_GOLDEN === '1')
      writeFileSync(golden(file), `${JSON.stringify(actual, null, 2)}\n`)
    assert.deepEqual(actual, JSON.parse(readFileSync(golden(file), 'utf8')))
  })

test('synthesis neither fails nor warns', () => {
  for (const one of [stack, stackOf(fleetConfig())]) {
    const annotations = Annotations.fromStack(one)
    assert.deepEqual(annotations.findError('*', Match.anyValue()), [])
    assert.deepEqual(annotations.findWarning('*', Match.anyValue()), [])
  }
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

test('only HTTPS reaches the interface endpoints, from the whole VPC, which they have the names of the APIs in', () => {
  const groups = template.findResources('AWS::EC2::SecurityGroup', {
    Properties: { GroupDescription: Match.stringLikeRegexp('interface endpoints') },
  })
  const [group] = Object.values(groups)
  const rules: readonly Record<string, unknown>[] = group?.Properties.SecurityGroupIngress
  assert.deepEqual(
    rules.map(({ CidrIp, CidrIpv6, FromPort, ToPort, IpProtocol }) => [
      ...[CidrIp ?? CidrIpv6, FromPort, ToPort, IpProtocol],
    ]),
    [
      ['0.0.0.0/0', 443, 443, 'tcp'],
      ['::/0', 443, 443, 'tcp'],
    ],
  )
  template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0)
  template.hasResourceProperties('AWS::EC2::VPCEndpoint', { PrivateDnsEnabled: true })
})

test('every alarm goes to the topic', () => {
  template.allResourcesProperties('AWS::CloudWatch::Alarm', {
    AlarmActions: ['arn:aws:sns:eu-west-1:123456789012:on-call'],
  })
})

test('the outputs tell what hosts and the groups around them are set up with, and nothing secret', () => {
  const outputs: Record<string, { Value: unknown }> = fleetTemplate().toJSON().Outputs
  assert.deepEqual(Object.keys(outputs).sort(), [
    'AgentSha256',
    'AgentUrl',
    'BucketName',
    'Channel',
    'Deployment',
    'FailedQueueUrl',
    'FunctionGroupIds',
    'HostGroupId',
    'HostPolicyArn',
    'LoadBalancerName',
    'PublicKey',
    'PublicKeyParameter',
    'ReconcileFunctionName',
    'Region',
    'RegisterQueueUrl',
    'SigningKeyArn',
  ])
})

test('the template takes nothing out of a secret, and no parameter of it has to be typed in', () => {
  const text = JSON.stringify(fleetTemplate().toJSON())
  assert.doesNotMatch(text, /\{\{resolve:|SecretString|NoEcho|ssm-secure/)
  const parameters: Record<string, { Type: string }> = fleetTemplate().toJSON().Parameters
  for (const { Type } of Object.values(parameters))
    assert.match(Type, /^(String|AWS::SSM::Parameter::Value<.+>)$/)
})

test('what hosts live on outlives the stack: bucket, signing key and their own policy', () => {
  const retained = Object.values(fleetTemplate().toJSON().Resources as Record<string, Record<string, string>>)
    .filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain')
    .map(({ Type }) => Type)
  assert.deepEqual(retained.sort(), ['AWS::IAM::ManagedPolicy', 'AWS::KMS::Key', 'AWS::S3::Bucket'])
})

test('functions reach AWS and Consul, on its ports and in its own group, and nothing else', () => {
  const rules = fleetTemplate().findResources('AWS::EC2::SecurityGroupEgress')
  const group = Object.values(fleetTemplate().findResources('AWS::EC2::SecurityGroup')).find(
    ({ Properties }) => /functions: outbound/.test(Properties.GroupDescription),
  )
  const inline = group?.Properties.SecurityGroupEgress.map(
    ({ CidrIp, FromPort }: Record<string, unknown>) => [...[CidrIp, FromPort]],
  )
  assert.deepEqual(inline, [['0.0.0.0/0', 443]])
  const toConsul = Object.values(rules).filter(({ Properties }) => Properties.Description === 'Consul')
  assert.deepEqual(
    toConsul.map(({ Properties: { DestinationSecurityGroupId, FromPort, ToPort } }) => [
      ...[DestinationSecurityGroupId, FromPort, ToPort],
    ]),
    [['sg-0123456789abcdef0', 8_501, 8_501]],
  )
  fleetTemplate().hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
    GroupId: 'sg-0123456789abcdef0',
    FromPort: 8_501,
    ToPort: 8_501,
  })
})
