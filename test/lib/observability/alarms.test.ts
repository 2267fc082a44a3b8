import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { ownAlarms } from '../../../lib/observability/own-alarms.ts'
import { exampleConfig, stackOf } from '../../support/stack.ts'

const template = Template.fromStack(stackOf(exampleConfig()))

/** The properties of the alarm of that id. */
function alarm(id: string): Readonly<Record<string, unknown>> {
  const all = template.findResources('AWS::CloudWatch::Alarm')
  const found = Object.entries(all).find(([name]) => new RegExp(`^Alarms${id}[0-9A-F]{8}$`).test(name))
  return found?.[1].Properties ?? assert.fail(`there is no alarm ${id}`)
}

function logicalId(start: string): string {
  const ids = Object.keys(template.toJSON().Resources)
  return ids.find((id) => new RegExp(`^${start}[0-9A-F]{8}$`).test(id)) ?? assert.fail(`no ${start}`)
}

const ofLambda = ['Register', 'Reconcile', 'Publish', 'Sweep'] as const

test('errors of every function raise an alarm, and so do throttles of those that run all the time', () => {
  for (const name of ofLambda) {
    const { Namespace, MetricName, Dimensions, Statistic, TreatMissingData } = alarm(`${name}Errors`)
    const [{ Name, Value }] = Dimensions as [{ Name: string; Value: { Ref: string } }]
    assert.deepEqual([Namespace, MetricName, Statistic], ['AWS/Lambda', 'Errors', 'Sum'])
    assert.deepEqual([Name, TreatMissingData], ['FunctionName', 'notBreaching'])
    assert.equal(template.toJSON().Resources[Value.Ref].Type, 'AWS::Lambda::Function')
    assert.match(Value.Ref, new RegExp(`^${name}`))
    if (name !== 'Sweep') assert.equal(alarm(`${name}Throttles`).MetricName, 'Throttles')
  }
})

test('messages in a dead-letter queue, and old ones in the queue, raise an alarm', () => {
  const queues = {
    Failed: ['ApproximateNumberOfMessagesVisible', 'EventsFailed', 1],
    Undelivered: ['ApproximateNumberOfMessagesVisible', 'EventsUndelivered', 1],
    Behind: ['ApproximateAgeOfOldestMessage', 'EventsQueue', 120],
  } as const
  for (const [id, [metric, queue, threshold]] of Object.entries(queues)) {
    const found = alarm(id)
    assert.deepEqual([found.Namespace, found.MetricName, found.Threshold], ['AWS/SQS', metric, threshold])
    assert.deepEqual([found.Statistic, found.TreatMissingData], ['Maximum', 'notBreaching'])
    const value = { 'Fn::GetAtt': [logicalId(queue), 'QueueName'] }
    assert.deepEqual(found.Dimensions, [{ Name: 'QueueName', Value: value }])
  }
})

test('silence counts as bad where something is measured every minute, and nowhere else', () => {
  const all = template.findResources('AWS::CloudWatch::Alarm', {
    Properties: { TreatMissingData: 'breaching' },
  })
  const names = Object.keys(all).map((id) => /^Alarms(.*)[0-9A-F]{8}$/.exec(id)?.[1])
  assert.deepEqual(names.sort(), ['HostsUnread', 'PublisherStale', 'ReconcileSilent'])
})

test('every alarm says what to do', () => {
  template.allResourcesProperties('AWS::CloudWatch::Alarm', {
    AlarmDescription: Match.stringLikeRegexp('^Quayside: .{30,900}[.?]$'),
  })
})

test('every alarm on what we measure is raised in a test by a real handler', () => {
  const files = ['publisher-alarms.test.ts', 'registry-alarms.test.ts']
  const tests = files.map((file) => readFileSync(new URL(file, import.meta.url), 'utf8')).join('\n')
  const untested = Object.keys(ownAlarms).filter((name) => !tests.includes(name))
  assert.deepEqual(untested, [])
})

test('a topic for mail lets alarms of this account publish, over TLS only', () => {
  const own = Template.fromStack(stackOf(exampleConfig({ alarms: { email: 'ops@example.com' } })))
  const [policy] = Object.values(own.findResources('AWS::SNS::TopicPolicy'))
  const statements: readonly Record<string, unknown>[] = policy?.Properties.PolicyDocument.Statement
  assert.deepEqual(
    statements.map(({ Effect, Principal, Action, Condition }) => [Effect, Principal, Action, Condition]),
    [
      ['Deny', '*', 'sns:Publish', { Bool: { 'aws:SecureTransport': 'false' } }],
      [
        ...['Allow', { Service: 'cloudwatch.amazonaws.com' }, 'sns:Publish'],
        { StringEquals: { 'aws:SourceAccount': '123456789012' } },
      ],
    ],
  )
})
