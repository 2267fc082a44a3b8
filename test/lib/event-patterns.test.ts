import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import type { EventPattern } from '../../core/settings/event-patterns.ts'
import { matchesPattern } from '../../local/aws/events/matches-pattern.ts'
import { awsEvent } from '../support/event.ts'
import { exampleTemplate, fleetTemplate } from '../support/stack.ts'

type Event = {
  readonly source: string
  readonly 'detail-type': string
  readonly detail: Record<string, unknown>
  readonly [field: string]: unknown
}

const ours = 'arn:aws:ecs:eu-west-1:123456789012:cluster/web'
const rules = new Map(
  Object.entries(exampleTemplate().findResources('AWS::Events::Rule')).map(([id, { Properties }]) => [
    id.replace(/^Events|[0-9A-F]{8}$/g, ''),
    Properties.EventPattern as EventPattern,
  ]),
)

/** The deployed rules that this event would pass. */
function passes(event: unknown): readonly string[] {
  return [...rules].flatMap(([name, pattern]) => (matchesPattern(pattern, event) ? [name] : []))
}

const samples = globSync('test/fixtures/events/*.json').map((file) => ({
  name: basename(file, '.json').replaceAll('-', ' '),
  event: JSON.parse(readFileSync(file, 'utf8')) as Event,
}))

const inCluster = (event: Event, clusterArn: unknown): Event => ({
  ...event,
  detail: { ...event.detail, clusterArn },
})

test('there are sample events of tasks', () => assert.equal(samples.length, 3))

for (const { name, event } of samples) {
  test(`${name}: the task's change passes one rule where its cluster is configured`, () => {
    assert.deepEqual(passes(inCluster(event, ours)), ['TaskState'])
    assert.deepEqual(passes(event), [], 'its own cluster is none of ours')
  })

  test(`${name}: whatever its status, version and stop code`, () => {
    for (const lastStatus of ['PROVISIONING', 'ACTIVATING', 'RUNNING', 'DEACTIVATING', 'STOPPED', 'DELETED'])
      for (const desiredStatus of ['RUNNING', 'STOPPED']) {
        const { clusterArn: _, ...rest } = event.detail
        const detail = {
          ...rest,
          clusterArn: ours,
          lastStatus,
          desiredStatus,
          version: 9,
          stopCode: 'EssentialContainerExited',
        }
        assert.deepEqual(passes({ ...event, detail }), ['TaskState'])
      }
  })

  test(`${name}: not from somebody else, of another kind, or of a cluster whose name only begins alike`, () => {
    const good = inCluster(event, ours)
    assert.deepEqual(passes({ ...good, source: 'my.ecs' }), [])
    assert.deepEqual(passes({ ...good, 'detail-type': 'ECS Deployment State Change' }), [])
    for (const arn of [`${ours}-2`, ours.replace('eu-west-1', 'eu-west-2'), ours.toUpperCase(), undefined])
      assert.deepEqual(passes(inCluster(event, arn)), [])
  })
}

const containerInstance = (detail: Record<string, unknown>) =>
  awsEvent('aws.ecs', 'ECS Container Instance State Change', { clusterArn: ours, ...detail })

test('a container instance passes when it is usable or gone', () => {
  for (const status of ['ACTIVE', 'INACTIVE'])
    assert.deepEqual(passes(containerInstance({ status, agentConnected: false })), ['HostState'])
  assert.deepEqual(passes(containerInstance({ status: 'DRAINING' })), [])
  assert.deepEqual(passes(containerInstance({ status: 'ACTIVE', clusterArn: `${ours}-2` })), [])
})

test('an EC2 instance passes when it goes or comes back', () => {
  const state = (name: string) =>
    awsEvent('aws.ec2', 'EC2 Instance State-change Notification', { 'instance-id': 'i-1', state: name })
  for (const name of ['stopping', 'stopped', 'shutting-down', 'terminated', 'running'])
    assert.deepEqual(passes(state(name)), ['InstanceState'])
  assert.deepEqual(passes(state('pending')), [])
})

test('a Spot instance passes when EC2 takes it back, and not when that only grows likely', () => {
  const warning = { 'instance-id': 'i-1', 'instance-action': 'terminate' }
  assert.deepEqual(passes(awsEvent('aws.ec2', 'EC2 Spot Instance Interruption Warning', warning)), [
    'SpotInterruption',
  ])
  assert.deepEqual(passes(awsEvent('aws.ec2', 'EC2 Instance Rebalance Recommendation', warning)), [])
})

test('a cluster of another account is followed where its events are forwarded, and that account may put them on the bus', () => {
  const far = 'arn:aws:ecs:eu-west-1:210987654321:cluster/far'
  const [, rule] =
    Object.entries(fleetTemplate().findResources('AWS::Events::Rule')).find(([id]) =>
      id.startsWith('EventsTaskState'),
    ) ?? assert.fail('no rule')
  assert.ok(rule.Properties.EventPattern.detail.clusterArn.includes(far))
  fleetTemplate().hasResourceProperties('AWS::Events::EventBusPolicy', {
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::210987654321:root' },
      Action: 'events:PutEvents',
      Resource: 'arn:aws:events:eu-west-1:123456789012:event-bus/default',
      Condition: { 'ForAllValues:StringEquals': { 'events:source': ['aws.ecs', 'aws.ec2'] } },
    },
  })
})
