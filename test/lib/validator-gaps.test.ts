import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Template } from 'aws-cdk-lib/assertions'
import { conditionOperators, globalConditionKeys, iamActions } from '../support/iam-actions.ts'
import { fleetConfig, fleetTemplate, stackOf } from '../support/stack.ts'
import { listOf, resourcesOf, statementsOf } from '../support/template-policies.ts'

/** What CloudFormation or AWS refuses, or takes and never does, and the offline validator of templates lets pass. */
const template = fleetTemplate()
const statements = statementsOf(template)

function ofType(type: string) {
  const found = Object.entries(template.findResources(type))
  assert.ok(found.length > 0, `the template has no ${type}`)
  return found.map(([id, { Properties }]) => ({ id, ...Properties }))
}

test('every IAM action is one that AWS knows', () => {
  for (const { owner, Action } of statements)
    for (const action of listOf(Action)) assert.ok(iamActions[action], `${owner}: ${action}`)
})

test('every condition is by an operator and a key that AWS knows for the actions beside it', () => {
  for (const { owner, Action, Condition = {} } of statements)
    for (const [operator, test] of Object.entries(Condition)) {
      const plain = operator.replace(/^For(All|Any)Values:/, '')
      assert.ok(conditionOperators.includes(plain), `${owner}: ${operator}`)
      for (const key of Object.keys(test)) {
        const isKnown = (action: string) =>
          globalConditionKeys.includes(key) || iamActions[action]?.keys?.includes(key)
        assert.ok(listOf(Action).every(isKnown), `${owner}: ${key}`)
      }
    }
})

test('the sids of a policy are letters and digits, each once', () => {
  for (const [owner, own] of Map.groupBy(statements, ({ owner }) => owner)) {
    const sids = own.flatMap(({ Sid }) => Sid ?? [])
    assert.equal(new Set(sids).size, sids.length, owner)
    if (resourcesOf(template)[owner]?.Type.startsWith('AWS::IAM::'))
      for (const sid of sids) assert.match(sid, /^[A-Za-z0-9]+$/)
  }
})

test('a policy of a role or of hosts stays within what IAM takes', () => {
  for (const { id, PolicyDocument } of ofType('AWS::IAM::ManagedPolicy'))
    assert.ok(JSON.stringify(PolicyDocument).length < 6_144, id)
  for (const { id, PolicyDocument } of ofType('AWS::IAM::Policy'))
    assert.ok(JSON.stringify(PolicyDocument).length < 10_240, id)
})

test('a batch of more than ten has a window, and a window belongs to a queue without order', () => {
  const queues = template.findResources('AWS::SQS::Queue')
  for (const mapping of ofType('AWS::Lambda::EventSourceMapping')) {
    const { BatchSize, MaximumBatchingWindowInSeconds: window = 0, EventSourceArn } = mapping
    assert.ok(BatchSize <= 10 || window >= 1, mapping.id)
    const queue = queues[EventSourceArn['Fn::GetAtt'][0]]
    assert.notEqual(queue, undefined)
    assert.equal(queue?.Properties.FifoQueue, undefined, 'a rule can give a queue with order no group')
  }
})

test('a schedule’s rate is written as EventBridge Scheduler reads it', () => {
  for (const { id, ScheduleExpression } of ofType('AWS::Scheduler::Schedule'))
    assert.match(ScheduleExpression, /^rate\((1 (minute|hour|day)|\d+ (minutes|hours|days))\)$/, id)
})

test('every rule of a security group has ports that exist and a network that is one', () => {
  const inline = ofType('AWS::EC2::SecurityGroup').flatMap(
    ({ SecurityGroupIngress = [], SecurityGroupEgress = [] }) => [
      ...SecurityGroupIngress,
      ...SecurityGroupEgress,
    ],
  )
  const apart = ['AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress'].flatMap(ofType)
  assert.ok(inline.length + apart.length > 10)
  for (const { IpProtocol, FromPort, ToPort, CidrIp, CidrIpv6 } of [...inline, ...apart]) {
    // With no rule for going out, the library writes one that can match nothing.
    if (CidrIp === '255.255.255.255/32') continue
    assert.ok(['tcp', 'udp'].includes(IpProtocol), IpProtocol)
    assert.ok(FromPort >= 0 && FromPort <= ToPort && ToPort <= 65_535)
    if (CidrIp !== undefined) assert.match(CidrIp, /^(\d{1,3}\.){3}\d{1,3}\/([12]?\d|3[0-2])$/)
    if (CidrIpv6 !== undefined) assert.match(CidrIpv6, /^[0-9a-f:]+\/(\d{1,2}|1[01]\d|12[0-8])$/)
  }
})

test('the description of a security group has only characters that EC2 takes', () => {
  const texts = [...JSON.stringify(template.toJSON()).matchAll(/"(?:Group)?Description":"([^"]*)"/g)]
  const groups = ofType('AWS::EC2::SecurityGroup').map(({ GroupDescription }) => GroupDescription)
  assert.ok(texts.length > groups.length)
  for (const text of groups) assert.match(text, /^[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/)
})

test('what a queue hands on to a dead-letter queue is counted, and the other queue is of the same kind', () => {
  const queues = template.findResources('AWS::SQS::Queue')
  const redrives = Object.values(queues).flatMap(({ Properties }) => Properties.RedrivePolicy ?? [])
  assert.equal(redrives.length, 1)
  for (const { maxReceiveCount, deadLetterTargetArn } of redrives) {
    assert.ok(maxReceiveCount >= 5)
    assert.equal(queues[deadLetterTargetArn['Fn::GetAtt'][0]]?.Properties.FifoQueue, undefined)
  }
})

test('whatever sends to a queue has that queue’s leave', () => {
  const policies = ofType('AWS::SQS::QueuePolicy')
  for (const { id, Targets } of ofType('AWS::Events::Rule'))
    for (const { Arn, DeadLetterConfig } of Targets)
      for (const queue of [Arn, DeadLetterConfig.Arn]) {
        const name = queue['Fn::GetAtt'][0]
        const policy = policies.find(({ Queues }) => Queues[0].Ref === name) ?? assert.fail(name)
        const allows = statements.filter(({ owner, Effect }) => owner === policy.id && Effect === 'Allow')
        assert.ok(
          allows.some(({ Condition }) => JSON.stringify(Condition).includes(`"${id}"`)),
          `${id} → ${name}`,
        )
      }
})

test('whoever starts a function has leave to: schedules by their role, and nobody by the function’s own policy', () => {
  template.resourceCountIs('AWS::Lambda::Permission', 0)
  for (const { id, Target } of ofType('AWS::Scheduler::Schedule')) {
    const role = Target.RoleArn['Fn::GetAtt'][0]
    const policy = ofType('AWS::IAM::Policy').find(({ Roles }) => Roles[0].Ref === role)
    const [start] = statements.filter(({ owner }) => owner === policy?.id)
    assert.equal(start?.Action, 'lambda:InvokeFunction')
    assert.deepEqual(start?.Resource, Target.Arn, id)
  }
})

/** Lambda sets these itself and refuses a function that does. */
const reserved =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(?!LAMBDA_EXEC_WRAPPER|NODEJS_|ENDPOINT_URL).*|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR|TZ)$/

test('no function sets a variable of Lambda’s own, and all of them fit', () => {
  for (const { id, Environment } of ofType('AWS::Lambda::Function')) {
    for (const name of Object.keys(Environment.Variables)) assert.doesNotMatch(name, reserved, id)
    assert.ok(Buffer.byteLength(JSON.stringify(Environment.Variables)) < 4_096)
  }
})

test('names that the operator’s deployment is part of are as long as AWS takes', () => {
  const deployment = 'a'.repeat(31)
  const long = Template.fromStack(stackOf(fleetConfig({ deployment })))
  const names = JSON.stringify(long.toJSON()).match(new RegExp(`[\\w/-]*${deployment}[\\w/-]*`, 'g')) ?? []
  assert.ok(names.length > 5)
  for (const name of names) assert.ok(name.length <= 128, name)
})

test('user data fits, and CloudFormation fills in nothing that a shell would read', () => {
  const [{ LaunchTemplateData } = assert.fail()] = ofType('AWS::EC2::LaunchTemplate')
  const parts: unknown[] = LaunchTemplateData.UserData['Fn::Base64']['Fn::Join'][1]
  const length = parts.reduce<number>((sum, part) => sum + (typeof part === 'string' ? part.length : 100), 0)
  assert.ok(length < 12_000, `${length} bytes of at most 16,384 before Base64`)
})
