import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { parseConfig } from '../../core/settings/config.ts'
import { parseFunctionSettings } from '../../core/settings/environment.ts'
import { exampleConfig, settingsOf, stackOf } from '../support/stack.ts'

const names = ['Register', 'Reconcile', 'Publish', 'Sweep'] as const
const stack = stackOf(exampleConfig())
const template = Template.fromStack(stack)
const functions = Object.entries(template.findResources('AWS::Lambda::Function'))
/** With the one that tells CloudFormation the public key. */
const total = names.length + 1

function functionOf(name: string) {
  return functions.find(([id]) => id.startsWith(name))?.[1] ?? assert.fail(`no function ${name}`)
}

/** Deploy-time references as CloudFormation would fill them in. */
function resolved(value: unknown): string {
  if (typeof value === 'string') return value
  const text = JSON.stringify(value)
  if (text.includes('Bucket')) return 'releases-0123'
  if (text.includes('Signing'))
    return 'arn:aws:kms:eu-west-1:123456789012:key/0f0f0f0f-0000-4000-8000-0123456789ab'
  if (text.includes('Queue')) return 'https://sqs.eu-west-1.amazonaws.com/123456789012/register'
  return assert.fail(`unexpected reference ${text}`)
}

test('every function is an arm64 Node 24 module with JSON logs', () => {
  assert.equal(functions.length, total)
  template.allResourcesProperties('AWS::Lambda::Function', {
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
    LoggingConfig: { LogFormat: 'JSON', LogGroup: Match.anyValue() },
  })
})

test('every function that talks to Consul or to the bucket is in the VPC', () => {
  for (const name of names) {
    const { SubnetIds } = functionOf(name).Properties.VpcConfig
    assert.deepEqual(SubnetIds, ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'])
  }
})

test('every function has a log group of its own that forgets', () => {
  const groups = functions.map(([, { Properties }]) => Properties.LoggingConfig.LogGroup.Ref)
  assert.equal(new Set(groups).size, total)
  template.resourceCountIs('AWS::Logs::LogGroup', total)
  template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 })
})

test('every function is told exactly what the operator configured, by its environment and the file beside it', () => {
  const config = parseConfig(exampleConfig())
  for (const name of names) {
    const variables: Record<string, unknown> = functionOf(name).Properties.Environment.Variables
    const env = Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, resolved(value)]))
    const settings = parseFunctionSettings(env, settingsOf(stack))
    assert.equal(settings.deployment, config.deployment)
    assert.deepEqual(settings.clusters, config.clusters)
    assert.deepEqual(settings.publish, config.publish)
    assert.equal(settings.consulSecret, config.consul.secret)
    assert.equal(settings.reconcileCallsPerSecond, config.reconcile.callsPerSecond)
    assert.ok(Buffer.byteLength(JSON.stringify(env)) < 4_096, 'Lambda allows 4 KB of environment')
  }
})

test('a function is created only after the policy that lets it into the VPC', () => {
  for (const name of names) {
    const dependencies: string[] = functionOf(name).DependsOn
    assert.ok(dependencies.some((id) => id.startsWith(`${name}RoleDefaultPolicy`)))
  }
})

test('no concurrency is reserved unless the config says so: new accounts have none to give', () => {
  for (const [, { Properties }] of functions) assert.equal(Properties.ReservedConcurrentExecutions, undefined)
  const own = stackOf(exampleConfig({ functions: { publish: { reservedConcurrency: 3, memoryMb: 1_024 } } }))
  Template.fromStack(own).hasResourceProperties('AWS::Lambda::Function', {
    ReservedConcurrentExecutions: 3,
    MemorySize: 1_024,
    Timeout: 900,
  })
})

test('only register may call itself, by its own follow-ups, and it ends within 30 s', () => {
  const { Timeout, RecursiveLoop } = functionOf('Register').Properties
  assert.deepEqual([Timeout, RecursiveLoop], [30, 'Allow'])
  for (const [id, { Properties }] of functions)
    if (!id.startsWith('Register')) assert.equal(Properties.RecursiveLoop, undefined, id)
})

test('reconcile and publish tick every minute, a sweep every day, and nobody repeats a tick or keeps an old one', () => {
  const schedules = Object.values(template.findResources('AWS::Scheduler::Schedule'))
  assert.deepEqual(
    schedules.map(({ Properties }) => Properties.ScheduleExpression),
    ['rate(1 minute)', 'rate(1 minute)', 'rate(1 day)'],
  )
  template.allResourcesProperties('AWS::Scheduler::Schedule', {
    State: 'ENABLED',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } },
  })
  template.resourceCountIs('AWS::Lambda::EventInvokeConfig', 3)
  template.allResourcesProperties('AWS::Lambda::EventInvokeConfig', {
    MaximumRetryAttempts: 0,
    MaximumEventAgeInSeconds: 60,
  })
})

test('the environment of a function holds names of resources and nothing else: no token, no certificate, no address', () => {
  const names = functions.flatMap(([, { Properties }]) => Object.keys(Properties.Environment.Variables))
  const known = ['NODE_OPTIONS', 'QUAYSIDE_BUCKET', 'QUAYSIDE_QUEUE_URL', 'QUAYSIDE_SIGNING_KEY']
  assert.deepEqual([...new Set(names)].sort(), known)
})
