import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  containerInstancePattern,
  type EventPattern,
  instanceStatePattern,
  taskStatePattern,
} from '../../../../core/settings/event-patterns.ts'
import { matchesPattern } from '../../../../local/aws/events/matches-pattern.ts'
import { awsEvent, taskEvent } from '../../../support/event.ts'

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/events/${name}.json`, import.meta.url), 'utf8'))

const fargate = fixture('awsvpc-on-fargate-running')
const bridge = fixture('bridge-on-ec2-running-two-containers-dynamic-host-ports-ipv6')
const stopping = fixture('host-mode-on-ec2-being-stopped')
const shopEc2 = 'arn:aws:ecs:eu-central-1:210987654321:cluster/shop-ec2'

const table: [rule: string, pattern: unknown, event: unknown, expected: boolean][] = [
  ['an exact value matches', { source: ['aws.ecs'] }, fargate, true],
  ['another value does not', { source: ['aws.ec2'] }, fargate, false],
  ['any listed value is enough', { source: ['aws.ec2', 'aws.ecs'] }, fargate, true],
  ['every field must match', { source: ['aws.ecs'], account: ['1'] }, fargate, false],
  ['an empty pattern matches all', {}, fargate, true],
  ['an empty list of values matches nothing', { source: [] }, fargate, false],
  ['a missing field does not match', { detail: { stopCode: ['x'] } }, fargate, false],
  ['a nested field matches', { detail: { launchType: ['EC2'] } }, bridge, true],
  ['a number matches a number', { detail: { version: [3] } }, bridge, true],
  ['a number does not match its text', { detail: { version: ['3'] } }, bridge, false],
  ['an element of an array matches', { resources: [{ prefix: 'arn:aws:ecs:' }] }, bridge, true],
  ['an object in an array matches', { detail: { containers: { name: ['log-router'] } } }, bridge, true],
  ['no object in an array does', { detail: { containers: { name: ['db'] } } }, bridge, false],
  [
    'arrays within arrays match',
    { detail: { attachments: { details: { name: ['macAddress'] } } } },
    fargate,
    true,
  ],
  ['prefix matches a beginning', { detail: { group: [{ prefix: 'service:' }] } }, bridge, true],
  ['prefix does not match the middle', { detail: { group: [{ prefix: 'web' }] } }, bridge, false],
  ['anything-but excludes', { detail: { launchType: [{ 'anything-but': ['EC2'] }] } }, bridge, false],
  ['anything-but admits others', { detail: { launchType: [{ 'anything-but': ['EC2'] }] } }, fargate, true],
  ['anything-but needs the field', { detail: { stopCode: [{ 'anything-but': ['x'] }] } }, fargate, false],
  ['exists true', { detail: { stopCode: [{ exists: true }] } }, stopping, true],
  ['exists true of a missing field', { detail: { stopCode: [{ exists: true }] } }, bridge, false],
  ['exists false of a missing field', { detail: { stopCode: [{ exists: false }] } }, bridge, true],
  ['exists false of a present field', { detail: { stopCode: [{ exists: false }] } }, stopping, false],
  ['exists looks at leaves only', { detail: { overrides: [{ exists: true }] } }, bridge, false],
  ['null is a value', { detail: { reason: [null] } }, { detail: { reason: null } }, true],
  ['a field of the prototype is no field', { constructor: [{ exists: true }] }, {}, false],
  ['the deployed task pattern', taskStatePattern([shopEc2]), bridge, true],
  ['the deployed task pattern, being stopped', taskStatePattern([shopEc2]), stopping, true],
  ['the deployed task pattern, another cluster', taskStatePattern([shopEc2]), fargate, false],
  ['a built task event', taskStatePattern([shopEc2]), taskEvent({ clusterArn: shopEc2 }), true],
  [
    'a lost container instance',
    containerInstancePattern([shopEc2]),
    awsEvent('aws.ecs', 'ECS Container Instance State Change', { clusterArn: shopEc2, status: 'INACTIVE' }),
    true,
  ],
  [
    'a draining container instance',
    containerInstancePattern([shopEc2]),
    awsEvent('aws.ecs', 'ECS Container Instance State Change', { clusterArn: shopEc2, status: 'DRAINING' }),
    false,
  ],
  [
    'a terminated EC2 instance',
    instanceStatePattern(),
    awsEvent('aws.ec2', 'EC2 Instance State-change Notification', { state: 'terminated' }),
    true,
  ],
  [
    'a pending EC2 instance',
    instanceStatePattern(),
    awsEvent('aws.ec2', 'EC2 Instance State-change Notification', { state: 'pending' }),
    false,
  ],
]

for (const [rule, pattern, event, expected] of table) {
  test(`${rule}: ${expected ? 'matches' : 'does not match'}`, () => {
    assert.equal(matchesPattern(pattern as EventPattern, event), expected)
  })
}

test('an operator that is not known is an error, never a silent mismatch', () => {
  const pattern = { source: [{ suffix: '.ecs' }] } as unknown as EventPattern
  assert.throws(
    () => matchesPattern(pattern, fargate),
    /operator that is not known here: \{"suffix":".ecs"\}/,
  )
})
