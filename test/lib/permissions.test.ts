import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { blobKey, channelKey, hostReportKey, layoutKey } from '../../core/release/keys.ts'
import { exampleConfig, stackOf } from '../support/stack.ts'

type Statement = { Sid?: string; Action: string | string[]; Resource: unknown; Condition?: unknown }

const template = Template.fromStack(stackOf(exampleConfig()))

function statementsOf(name: string): Statement[] {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy'))
  const [, policy] =
    policies.find(([id]) => id.startsWith(`${name}Role`)) ?? assert.fail(`no policy of ${name}`)
  return policy.Properties.PolicyDocument.Statement
}

const network = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
]
const plain = [...network, 'logs:CreateLogStream', 'logs:PutLogEvents']
const common = [...plain, 'secretsmanager:GetSecretValue']
const describe = [
  'ec2:DescribeInstances',
  'ecs:DescribeContainerInstances',
  'ecs:DescribeTaskDefinition',
  'ecs:DescribeTasks',
  'ssm:DescribeInstanceInformation',
]
const consume = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:ReceiveMessage',
]
const expected = {
  Register: [...common, ...describe, ...consume, 'sqs:SendMessage'],
  Reconcile: [...common, ...describe, 'ecs:DescribeServices', 'ecs:ListTasks', 'sqs:SendMessage'],
  Publish: [...common, 'kms:GetPublicKey', 'kms:Sign', 's3:GetObject', 's3:ListBucket', 's3:PutObject'],
  Sweep: [...plain, 's3:DeleteObjectVersion', 's3:GetObject', 's3:ListBucket', 's3:ListBucketVersions'],
}

for (const [name, actions] of Object.entries(expected))
  test(`${name.toLowerCase()} may do what it needs and nothing else`, () => {
    const allowed = new Set(statementsOf(name).flatMap(({ Action }) => Action))
    assert.deepEqual([...allowed].sort(), [...actions].sort())
  })

test('only calls that know no resources are allowed on all of them', () => {
  const wide = Object.keys(expected)
    .flatMap(statementsOf)
    .filter(({ Resource }) => Resource === '*')
  assert.deepEqual(
    new Set(wide.map(({ Sid }) => Sid)),
    new Set(['AttachToVpc', 'DescribeHosts', 'ListTasks']),
  )
  for (const { Sid, Condition } of wide)
    if (Sid === 'ListTasks') assert.match(JSON.stringify(Condition), /ArnEquals.+ecs:cluster/)
})

test('no role carries a managed policy', () => {
  template.allResourcesProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() })
})

test('the secret is readable by name or by either form of its ARN', () => {
  const resource = (secret: string) => {
    const own = Template.fromStack(stackOf(exampleConfig({ consul: { secret } })))
    const policies = JSON.stringify(own.findResources('AWS::IAM::Policy'))
    return policies.match(/"Resource":(\[[^\]]+\]|"[^"]+"),"Sid":"ReadConsulSecret"/)?.[1]
  }
  const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:my-secret'
  assert.equal(resource('my-secret'), `"${arn}-??????"`)
  assert.equal(resource(arn), `["${arn}","${arn}-??????"]`)
})

test('hosts may read releases and write the report of their own id only', () => {
  const [policy] = Object.values(template.findResources('AWS::IAM::ManagedPolicy'))
  const [pull, report] = policy!.Properties.PolicyDocument.Statement as [Statement, Statement]
  const below = ({ Resource }: Statement) =>
    [Resource].flat().map((part) => (part as { 'Fn::Join': [string, [unknown, string]] })['Fn::Join'][1][1])
  assert.deepEqual(
    below(pull),
    [blobKey('*'), channelKey('*').replace('.json', ''), layoutKey('*').replace('.json', '')].map(
      (key) => `/${key}`,
    ),
  )
  assert.equal(pull.Action, 's3:GetObject')
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of IAM
  assert.deepEqual(below(report), [`/${hostReportKey('${aws:userid}')}`])
  assert.equal(report.Action, 's3:PutObject')
})

test('a sweep removes versions below three folders, and no channel, no report and nothing by its key alone', () => {
  const below = (sid: string) =>
    [statementsOf('Sweep').find(({ Sid }) => Sid === sid)?.Resource]
      .flat()
      .map((part) => (part as { 'Fn::Join': [string, [unknown, string]] })['Fn::Join'][1][1])
  assert.deepEqual(below('RemoveVersions'), ['/blobs/*', '/hosts/*', '/layouts/*', '/publications/*'])
  assert.deepEqual(below('ReadWhatIsInUse'), [
    '/blobs/*',
    '/channels/*',
    '/hosts/*',
    '/layouts/*',
    '/publications/*',
  ])
})

test('pointers are signed with Ed25519 only', () => {
  template.hasResourceProperties('AWS::KMS::Key', {
    KeySpec: 'ECC_NIST_EDWARDS25519',
    KeyUsage: 'SIGN_VERIFY',
  })
  template.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Retain' })
  const sign = statementsOf('Publish').find(({ Sid }) => Sid === 'SignPointers')
  assert.deepEqual(sign?.Condition, { StringEquals: { 'kms:SigningAlgorithm': 'ED25519_SHA_512' } })
})
