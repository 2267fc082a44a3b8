import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions'
import { Vpc } from 'aws-cdk-lib/aws-ec2'
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { Stack } from 'aws-cdk-lib/core'
import { defaultPublishSettings } from '../../core/settings/defaults.ts'
import type { FunctionSettings } from '../../core/settings/settings.ts'
import { AgentBundle } from '../../lib/agent-bundle.ts'
import { AwsEndpoints } from '../../lib/aws-endpoints.ts'
import { FunctionNetwork } from '../../lib/function-network.ts'
import { HostAccess } from '../../lib/host-access.ts'
import { NginxFleet } from '../../lib/nginx-fleet.ts'
import { PublicKey } from '../../lib/public-key.ts'
import { Publisher } from '../../lib/publisher.ts'
import { Reconciler } from '../../lib/reconciler.ts'
import { Registrar } from '../../lib/registrar.ts'
import { ReleaseBucket } from '../../lib/release-bucket.ts'
import { SigningKey } from '../../lib/signing-key.ts'
import { Sweeper } from '../../lib/sweeper.ts'
import { TaskEvents } from '../../lib/task-events.ts'
import { Tick } from '../../lib/tick.ts'
import { testApp } from '../support/stack.ts'

const clusterArn = 'arn:aws:ecs:eu-west-1:123456789012:cluster/web'
const place = { queueUrl: 'https://sqs.example/1/q', bucket: 'releases-0123', signingKey: 'alias/signing' }
const settings: FunctionSettings = {
  ...place,
  deployment: 'blue',
  prefix: 'quayside',
  datacenter: 'dc1',
  clusters: [{ arn: clusterArn, servicePrefix: '', addressFamily: 'ipv4', consul: null }],
  consulSecret: 'quayside/consul',
  publish: defaultPublishSettings,
  reconcileCallsPerSecond: 4,
}

const bucketOf = (stack: Stack) => Bucket.fromBucketName(stack, 'B', 'releases-0123')
const keyOf = (stack: Stack) =>
  Key.fromKeyArn(stack, 'K', 'arn:aws:kms:eu-west-1:123456789012:key/0f0f0f0f-0000-4000-8000-0123456789ab')
const vpcOf = (stack: Stack) =>
  Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['eu-west-1a'],
    privateSubnetIds: ['subnet-0123456789abcdef0'],
    privateSubnetRouteTableIds: ['rtb-0123456789abcdef0'],
  })
const common = (stack: Stack) => ({
  settings,
  network: new FunctionNetwork(stack, 'N', { vpc: vpcOf(stack) }),
})

/** Each construct with what it needs and nothing else; the operator's own stack is all there is around it. */
const alone: Readonly<Record<string, (stack: Stack) => unknown>> = {
  AgentBundle: (stack) => new AgentBundle(stack, 'It', { deployment: 'blue' }),
  AwsEndpoints: (stack) => {
    const vpc = vpcOf(stack)
    return new AwsEndpoints(stack, 'It', {
      vpc,
      subnets: { subnets: vpc.privateSubnets },
      apis: ['s3', 'ecs'],
    })
  },
  FunctionNetwork: (stack) => new FunctionNetwork(stack, 'It', { vpc: vpcOf(stack) }),
  HostAccess: (stack) => new HostAccess(stack, 'It', { bucket: bucketOf(stack) }),
  NginxFleet: (stack) =>
    new NginxFleet(stack, 'It', {
      deployment: 'blue',
      vpc: vpcOf(stack),
      bucket: bucketOf(stack),
      hostAccess: ManagedPolicy.fromManagedPolicyName(stack, 'P', 'hosts'),
      agent: new AgentBundle(stack, 'A', { deployment: 'blue' }),
      publicKeyParameterName: '/quayside/blue/public-key',
      listeners: [{ port: 80 }],
      clientNetworks: ['10.0.0.0/8'],
      backendNetworks: ['10.0.0.0/8'],
    }),
  PublicKey: (stack) => new PublicKey(stack, 'It', { key: keyOf(stack), parameterName: '/own/key' }),
  Publisher: (stack) =>
    new Publisher(stack, 'It', { ...common(stack), bucket: bucketOf(stack), key: keyOf(stack) }),
  Reconciler: (stack) => new Reconciler(stack, 'It', { ...common(stack), queue: new Queue(stack, 'Q') }),
  Registrar: (stack) =>
    new Registrar(stack, 'It', {
      ...common(stack),
      events: new TaskEvents(stack, 'E', { clusterArns: [clusterArn] }),
    }),
  ReleaseBucket: (stack) => new ReleaseBucket(stack, 'It'),
  SigningKey: (stack) => new SigningKey(stack, 'It', { deployment: 'blue' }),
  Sweeper: (stack) => new Sweeper(stack, 'It', { ...common(stack), bucket: bucketOf(stack) }),
  TaskEvents: (stack) => new TaskEvents(stack, 'It', { clusterArns: [clusterArn] }),
  Tick: (stack) => {
    const code = Code.fromInline('exports.handler = () => {}')
    const fn = new LambdaFunction(stack, 'F', {
      code,
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
    })
    return new Tick(stack, 'It', { fn, description: 'Ticks' })
  },
}

/** Parts of others, and what needs the config file by its nature. */
const parts = ['FleetLoadBalancer', 'PipelineFunction', 'PipelineStack', 'RefusedConfig']

const sources = globSync('lib/*.ts').map((file) => ({
  file: basename(file),
  text: readFileSync(file, 'utf8'),
}))

test('every construct is tried alone', () => {
  const declared = sources.flatMap(({ text }) =>
    [...text.matchAll(/export class (\w+) extends \w+/g)].map(([, name = '']) => name),
  )
  assert.deepEqual(declared.sort(), [...Object.keys(alone), ...parts].sort())
})

for (const [name, make] of Object.entries(alone))
  test(`${name} stands in a stack of somebody else’s, and its template is valid`, () => {
    const env = { account: '123456789012', region: 'eu-west-1' }
    const stack = new Stack(testApp(), 'Theirs', { env })
    make(stack)
    Template.fromStack(stack)
    const warnings = Annotations.fromStack(stack).findWarning('*', Match.anyValue())
    assert.deepEqual(warnings, [])
  })

/** The comment right before a line, however long; empty where there is none. */
function commentBefore(lines: readonly string[], index: number): string {
  if (!lines[index - 1]?.trimEnd().endsWith('*/')) return ''
  const first = lines.slice(0, index).findLastIndex((line) => line.includes('/**'))
  return lines.slice(first, index).join('\n')
}

test('every optional property says what holds without it', () => {
  const optional = sources.flatMap(({ file, text }) => {
    const lines = text.split('\n')
    const members = lines.flatMap((line, index) => (/^ {2}readonly \w+\?: /.test(line) ? [index] : []))
    return members.map((index) => ({ at: `${file}: ${lines[index]}`, comment: commentBefore(lines, index) }))
  })
  assert.ok(optional.length > 30)
  for (const { at, comment } of optional) assert.match(comment, /@default \S/, at)
})

test('only the stack and what it is made of by its config file read that file', () => {
  const readers = sources.filter(({ text }) => /QuaysideConfig/.test(text)).map(({ file }) => file)
  assert.deepEqual(readers.sort(), [
    'config-file.ts',
    'fleet-of-config.ts',
    'outputs.ts',
    'pipeline-stack.ts',
  ])
})
