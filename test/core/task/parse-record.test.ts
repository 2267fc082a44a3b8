import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRecord } from '../../../core/task/parse-record.ts'
import { phaseOf } from '../../../core/task/phase.ts'
import { awsEvent, clusterArn } from '../../support/event.ts'
import { seenTask } from '../../support/ledger.ts'
import { sampleEvent } from '../../support/task-events.ts'

const text = (value: unknown) => JSON.stringify(value)

test('a task event is read with its key, version and time', () => {
  const news = parseRecord(text(sampleEvent('host')))
  assert.ok(news.kind === 'task')
  assert.deepEqual(news.task.key, {
    account: '210987654321',
    region: 'eu-central-1',
    cluster: 'shop-ec2',
    taskId: 'ffeeddccbbaa00998877665544332211',
  })
  assert.equal(news.task.version, 4)
  assert.equal(news.at, Date.parse('2026-03-04T09:12:41Z'))
  assert.equal(phaseOf(news.task), 'draining')
})

test('the phase follows from desired and last status', () => {
  const phase = (options: Parameters<typeof seenTask>[0]) => phaseOf(seenTask(options).task)
  assert.equal(phase({ lastStatus: 'PENDING' }), 'starting')
  assert.equal(phase({ lastStatus: 'RUNNING' }), 'live')
  assert.equal(phase({ lastStatus: 'RUNNING', desiredStatus: 'STOPPED' }), 'draining')
  assert.equal(phase({ lastStatus: 'DEACTIVATING', desiredStatus: 'RUNNING' }), 'draining')
  assert.equal(phase({ lastStatus: 'DEPROVISIONING' }), 'gone')
  assert.equal(phase({ lastStatus: 'STOPPED' }), 'gone')
})

test('an error names the field, its value and what it must be', () => {
  const bad = (change: object) =>
    text({ ...sampleEvent('host'), detail: { ...sampleEvent('host').detail, ...change } })
  const cases: [string, RegExp][] = [
    ['not json', /body is not JSON/],
    ['[]', /body is a list but must be an object/],
    ['{}', /body\.detail-type is missing but must be a text/],
    [bad({ version: '4' }), /detail\.version is "4" but must be a whole number/],
    [bad({ taskArn: undefined }), /detail\.taskArn is missing/],
    [bad({ clusterArn: 'shop' }), /clusterArn is "shop" but must be an ECS cluster ARN/],
    [
      bad({ containers: [{ name: 'a', networkBindings: [{ containerPort: 1, hostPort: 99999 }] }] }),
      /hostPort is 99999/,
    ],
  ]
  for (const [body, message] of cases) {
    assert.throws(() => parseRecord(body), { code: 'EVENT_INVALID', message })
  }
})

test('an error never shows the environment of a run', () => {
  const overrides = {
    containerOverrides: [{ name: 5, environment: [{ name: 'PASSWORD', value: 'hunter2' }] }],
  }
  const body = text({ ...sampleEvent('host'), detail: { ...sampleEvent('host').detail, overrides } })
  assert.throws(
    () => parseRecord(body),
    (error: Error) => !error.message.includes('hunter2'),
  )
  assert.throws(
    () => parseRecord(`${body.slice(0, -3)}`),
    (error: Error) => !error.message.includes('hunter2'),
  )
})

test('news of hosts say whether the host is lost, about to be, usable or neither', () => {
  const instance = (state: string) =>
    parseRecord(
      text(awsEvent('aws.ec2', 'EC2 Instance State-change Notification', { 'instance-id': 'i-1', state })),
    )
  const container = (status: string, agentConnected: boolean) =>
    parseRecord(
      text(
        awsEvent('aws.ecs', 'ECS Container Instance State Change', {
          clusterArn,
          ec2InstanceId: 'i-1',
          status,
          agentConnected,
        }),
      ),
    )
  const state = (news: ReturnType<typeof parseRecord>) => ('state' in news ? news.state : news.kind)
  assert.equal(state(instance('shutting-down')), 'lost')
  assert.equal(state(instance('running')), 'other')
  const spot = (action: string) => {
    const detail = { 'instance-id': 'i-1', 'instance-action': action }
    return parseRecord(text(awsEvent('aws.ec2', 'EC2 Spot Instance Interruption Warning', detail)))
  }
  for (const action of ['terminate', 'stop']) assert.equal(state(spot(action)), 'warned')
  assert.equal(state(spot('hibernate')), 'lost', 'it begins at once')
  assert.equal(state(container('INACTIVE', false)), 'lost')
  assert.equal(state(container('ACTIVE', true)), 'usable')
  assert.equal(state(container('ACTIVE', false)), 'other')
})

test('an event of another kind is ignored with its reason', () => {
  const news = parseRecord(text(awsEvent('aws.ecs', 'ECS Deployment State Change', {})))
  assert.ok(news.kind === 'ignored')
  assert.match(news.reason, /Deployment/)
})
