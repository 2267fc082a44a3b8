import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ecsOfPlaces, openPlaces } from '../../adapters/aws-places.ts'
import { createEc2 } from '../../adapters/ec2.ts'
import { createEcs } from '../../adapters/ecs.ts'
import { createSsm } from '../../adapters/ssm.ts'
import { QuaysideError } from '../../core/errors.ts'
import { startScripted } from '../support/scripted-server.ts'

const own = { accessKeyId: 'AKIDOWN', secretAccessKey: 'own' }
const home = 'arn:aws:ecs:eu-west-1:123456789012:cluster/web'
const sameAccount = {
  arn: 'arn:aws:ecs:us-east-1:123456789012:cluster/web',
  events: 'forwarded',
  role: null,
} as const
const role = 'arn:aws:iam::210987654321:role/quayside-reader'
const otherAccount = {
  arn: 'arn:aws:ecs:eu-west-1:210987654321:cluster/web',
  events: 'forwarded',
  role,
} as const
const clusters = [{ arn: home, events: 'here', role: null } as const, sameAccount, otherAccount]

const assumed = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIDTHEIRS</AccessKeyId><SecretAccessKey>theirs</SecretAccessKey><SessionToken>session</SessionToken>
<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`
const refused = `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
<Message>not authorized to perform: sts:AssumeRole on resource: ${role}</Message></Error></ErrorResponse>`

/** ECS that knows nothing, and who asked it where, as the signatures say. */
async function open(t: Parameters<typeof startScripted>[0], sts: { status: number; text: string }) {
  const ecs = await startScripted(t, (response) => response.end('{"tasks":[],"failures":[],"taskArns":[]}'))
  const roles = await startScripted(t, (response) => {
    response.writeHead(sts.status, { 'content-type': 'text/xml' }).end(sts.text)
  })
  const base = { region: 'eu-west-1', credentials: own }
  const places = openPlaces(clusters, { ...base, endpoint: roles.url }, (place) => ({
    ecs: createEcs({ ...base, endpoint: ecs.url, ...place }),
    ec2: createEc2({ ...base, endpoint: ecs.url, ...place }),
    ssm: createSsm({ ...base, endpoint: ecs.url, ...place }),
  }))
  const askers = () =>
    ecs.requests.map(({ headers }) =>
      /Credential=(\w+)\/\d+\/([\w-]+)\//.exec(String(headers.authorization))?.slice(1),
    )
  return { ecs: ecsOfPlaces(places), places, askers, roles }
}

test('a cluster is asked about in its own account and region, with the role of that account', async (t) => {
  const { ecs, askers, roles } = await open(t, { status: 200, text: assumed })
  for (const { arn } of clusters) await ecs.describeTasks(arn, [arn.replace(':cluster/', ':task/')])
  await ecs.listTasks(otherAccount.arn, 'RUNNING')
  assert.deepEqual(askers(), [
    ['AKIDOWN', 'eu-west-1'],
    ['AKIDOWN', 'us-east-1'],
    ['ASIDTHEIRS', 'eu-west-1'],
    ['ASIDTHEIRS', 'eu-west-1'],
  ])
  assert.equal(roles.requests.length, 1, 'a role is assumed once, for as long as its credentials last')
})

test('a task definition is looked up in the account that it belongs to', async (t) => {
  const { ecs, askers } = await open(t, { status: 200, text: assumed })
  const arn = otherAccount.arn.replace(':cluster/web', ':task-definition/web:3')
  await assert.rejects(ecs.describeTaskDefinition(arn), QuaysideError)
  assert.deepEqual(askers()[0], ['ASIDTHEIRS', 'eu-west-1'])
})

test('clusters of one other account share its clients', async (t) => {
  const { places } = await open(t, { status: 200, text: assumed })
  assert.equal(places.all.length, 3)
  assert.equal(places.of(otherAccount.arn), places.of(otherAccount.arn.replace('/web', '/jobs')))
  assert.equal(places.of('arn:aws:ecs:eu-central-1:999999999999:cluster/unknown'), places.of(home))
})

test('a role that may not be assumed fails the calls of its account alone, and is named', async (t) => {
  const { ecs } = await open(t, { status: 403, text: refused })
  await assert.rejects(ecs.describeTasks(otherAccount.arn, ['t']), (error) => {
    assert.ok(error instanceof QuaysideError)
    assert.equal(error.code, 'AWS_DENIED')
    assert.match(error.message, /sts:AssumeRole on resource: arn:aws:iam::210987654321:role\/quayside-reader/)
    return true
  })
  assert.deepEqual((await ecs.describeTasks(home, ['t'])).tasks, [])
})
