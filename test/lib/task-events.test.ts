import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Match, Template } from 'aws-cdk-lib/assertions'
import {
  containerInstancePattern,
  instanceStatePattern,
  spotInterruptionPattern,
  taskStatePattern,
} from '../../core/settings/event-patterns.ts'
import { exampleConfig, exampleTemplate, stackOf } from '../support/stack.ts'

const template = exampleTemplate()
const queues = template.findResources('AWS::SQS::Queue')
const rules = Object.entries(template.findResources('AWS::Events::Rule'))

function queueId(name: string): string {
  return Object.keys(queues).find((id) => id.startsWith(`Events${name}`)) ?? assert.fail(`no queue ${name}`)
}

test('the rules deploy the patterns of the one-machine pipeline', () => {
  const arns = ['web', 'jobs'].map((name) => `arn:aws:ecs:eu-west-1:123456789012:cluster/${name}`)
  const wanted = [
    taskStatePattern(arns),
    containerInstancePattern(arns),
    instanceStatePattern(),
    spotInterruptionPattern(),
  ]
  assert.deepEqual(
    rules.map(([, { Properties }]) => Properties.EventPattern),
    JSON.parse(JSON.stringify(wanted)),
  )
})

test('no pattern is longer than EventBridge takes, whatever the number of clusters, and each cluster is in one', () => {
  const clusters = Array.from({ length: 40 }, (_, index) => ({
    arn: `arn:aws:ecs:eu-west-1:123456789012:cluster/production-of-team-${index}`,
  }))
  const many = Template.fromStack(stackOf(exampleConfig({ clusters })))
  const found = Object.entries(many.findResources('AWS::Events::Rule'))
  for (const [id, { Properties }] of found)
    assert.ok(JSON.stringify(Properties.EventPattern).length <= 2_048, id)
  for (const kind of ['TaskState', 'HostState']) {
    const own = found.filter(([id]) => id.startsWith(`Events${kind}`))
    const arns = own.flatMap(([, { Properties }]) => Properties.EventPattern.detail.clusterArn)
    assert.ok(own.length > 1)
    assert.deepEqual(
      arns,
      clusters.map(({ arn }) => arn),
    )
  }
})

test('every rule may write to the queue and to its own dead-letter queue', () => {
  for (const [ruleId, { Properties }] of rules) {
    assert.deepEqual(Properties.Targets[0].Arn, { 'Fn::GetAtt': [queueId('Queue'), 'Arn'] })
    assert.deepEqual(Properties.Targets[0].DeadLetterConfig.Arn, {
      'Fn::GetAtt': [queueId('Undelivered'), 'Arn'],
    })
    for (const name of ['Queue', 'Undelivered'])
      template.hasResourceProperties('AWS::SQS::QueuePolicy', {
        Queues: [{ Ref: queueId(name) }],
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Effect: 'Allow',
              Principal: { Service: 'events.amazonaws.com' },
              Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [ruleId, 'Arn'] } } },
            }),
          ]),
        },
      })
  }
})

test('all queues are encrypted, keep messages for their time and refuse plain HTTP', () => {
  template.allResourcesProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true })
  template.resourceCountIs('AWS::SQS::QueuePolicy', Object.keys(queues).length)
  template.allResourcesProperties('AWS::SQS::QueuePolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      ]),
    },
  })
  const days = (name: string) => queues[queueId(name)]?.Properties.MessageRetentionPeriod / 86_400
  assert.deepEqual([days('Queue'), days('Failed'), days('Undelivered')], [4, 14, 14])
})

test('the queue hides a batch for six times the time that the function may take', () => {
  const functions = Object.entries(template.findResources('AWS::Lambda::Function'))
  const register = functions.find(([id]) => id.startsWith('Register'))?.[1]
  const { VisibilityTimeout, RedrivePolicy } = queues[queueId('Queue')]?.Properties ?? {}
  assert.equal(VisibilityTimeout, 6 * register?.Properties.Timeout)
  assert.ok(RedrivePolicy.maxReceiveCount >= 5)
  assert.deepEqual(RedrivePolicy.deadLetterTargetArn, { 'Fn::GetAtt': [queueId('Failed'), 'Arn'] })
})

test('the register function takes small batches without a window, bounded, and reports single failures', () => {
  template.resourceCountIs('AWS::Lambda::EventSourceMapping', 1)
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    BatchSize: 10,
    MaximumBatchingWindowInSeconds: 0,
    ScalingConfig: { MaximumConcurrency: 5 },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    EventSourceArn: { 'Fn::GetAtt': [queueId('Queue'), 'Arn'] },
  })
})
