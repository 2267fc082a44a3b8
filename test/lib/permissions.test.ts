import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Template } from 'aws-cdk-lib/assertions'
import { blobKey, channelKey, hostReportKey, layoutKey } from '../../core/release/keys.ts'
import { iamActions } from '../support/iam-actions.ts'
import { exampleConfig, exampleTemplate, fleetTemplate, stackOf } from '../support/stack.ts'
import { listOf, resourcesOf, type Statement, statementsOf } from '../support/template-policies.ts'

const template = fleetTemplate()
const statements = statementsOf(template)

type Row = {
  readonly who: string
  readonly api: string
  readonly endpoint: string | null
  readonly on: string
}

/** The rows of the tables in the documentation. */
const rows: readonly Row[] = readFileSync('docs/permissions.md', 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, , api = '']) => /^`\w+:\w+`$/.test(api))
  .map(([, who = '', api = '', endpoint = '', on = '']) => ({
    who,
    api: api.replaceAll('`', ''),
    endpoint: endpoint === '–' ? null : endpoint.replaceAll('`', ''),
    on,
  }))

/** Which policy of the template belongs to whom in the documentation. */
const owners: Readonly<Record<string, RegExp>> = {
  register: /^RegisterRoleDefaultPolicy/,
  reconcile: /^ReconcileRoleDefaultPolicy/,
  publish: /^PublishRoleDefaultPolicy/,
  sweep: /^SweepRoleDefaultPolicy/,
  'public-key': /^SigningPublicKeyReaderRoleDefaultPolicy/,
  host: /^HostAccessPolicy/,
  'fleet host': /^FleetRoleDefaultPolicy/,
  'reconcile tick': /^ReconcileTickRoleDefaultPolicy/,
  'publish tick': /^PublishTickRoleDefaultPolicy/,
  'sweep tick': /^SweepTickRoleDefaultPolicy/,
}
const functions = ['register', 'reconcile', 'publish', 'sweep', 'public-key']

/** What every function, or every function in the VPC, has besides; the documentation says it in words. */
const common = new Set(['WriteLogs', 'AttachToVpc'])

function allowedTo(who: string): readonly Statement[] {
  const name = owners[who] ?? assert.fail(`nobody knows ${who}`)
  const own = statements.filter(({ owner, Effect }) => name.test(owner) && Effect === 'Allow')
  return own.filter(({ Sid = '' }) => !common.has(Sid))
}

const named = (who: string, sid: string) =>
  allowedTo(who).find(({ Sid }) => Sid === sid) ?? assert.fail(`${who} has no ${sid}`)

for (const who of Object.keys(owners))
  test(`the documentation lists what ${who} may call, and nothing else`, () => {
    const actions = allowedTo(who).flatMap(({ Action }) => listOf(Action))
    const listed = rows.filter((row) => row.who === who).map(({ api }) => api)
    assert.deepEqual([...new Set(actions)].sort(), listed.sort())
  })

test('the documentation knows everybody who is allowed something', () => {
  const known = statements.filter(({ owner }) => Object.values(owners).some((name) => name.test(owner)))
  const others = statements.filter((one) => one.Effect === 'Allow' && !known.includes(one))
  const kinds = new Set(others.map(({ owner }) => resourcesOf(template)[owner]?.Type))
  assert.deepEqual([...kinds].sort(), ['AWS::Events::EventBusPolicy', 'AWS::SQS::QueuePolicy'])
  assert.deepEqual(new Set(rows.map(({ who }) => who)), new Set(Object.keys(owners)))
})

test('what the documentation calls "anything" is what is allowed on all resources', () => {
  for (const { who, api, on } of rows) {
    const statements = allowedTo(who).filter(({ Action }) => listOf(Action).includes(api))
    const isWide = statements.some(({ Resource }) => listOf(Resource).includes('*'))
    assert.equal(isWide, /^anything/.test(on), `${who} ${api}`)
  }
})

test('only what AWS can narrow no further is allowed on all resources', () => {
  const wide = statements.filter(
    ({ Effect, Resource }) => Effect === 'Allow' && listOf(Resource).includes('*'),
  )
  const narrowable = wide.filter(({ Action }) => listOf(Action).some((action) => iamActions[action]?.narrow))
  assert.deepEqual(new Set(narrowable.map(({ Sid }) => Sid)), new Set(['AttachToVpc', 'ListTasks']))
  const clusters = ['web', 'jobs'].map((name) => `arn:aws:ecs:eu-west-1:123456789012:cluster/${name}`)
  assert.deepEqual(named('reconcile', 'ListTasks').Condition, { ArnEquals: { 'ecs:cluster': clusters } })
})

test('no action is allowed by a wildcard', () => {
  const allowed = statements.filter(({ Effect }) => Effect === 'Allow')
  for (const { Action } of allowed) for (const action of listOf(Action)) assert.doesNotMatch(action, /\*/)
})

test('a function’s own code can’t make network interfaces, though Lambda can with its role', () => {
  for (const who of functions.filter((name) => name !== 'public-key')) {
    const own = statements.filter(({ owner }) => owners[who]?.test(owner))
    const attach = own.find(({ Sid }) => Sid === 'AttachToVpc')
    const denied = own.find(({ Effect }) => Effect === 'Deny')
    assert.deepEqual(denied?.Action, attach?.Action)
    assert.deepEqual(denied?.Condition, { Null: { 'lambda:SourceFunctionArn': 'false' } })
  }
})

test('the endpoints are those that the functions need', () => {
  const created = (stack: Template) =>
    Object.values(stack.findResources('AWS::EC2::VPCEndpoint'))
      .map(({ Properties }) => JSON.stringify(Properties.ServiceName))
      .map((name) => /\.([a-z0-9]+)"/.exec(name)?.[1])
      .sort()
  const needed = rows.flatMap(({ who, endpoint }) =>
    functions.includes(who) && endpoint !== null ? [endpoint] : [],
  )
  const all = [...new Set(needed)].sort()
  assert.deepEqual(
    created(template),
    all.filter((api) => api !== 'ssm'),
  )
  const plain = exampleTemplate()
  assert.deepEqual(
    created(plain),
    all.filter((api) => api !== 'ssm' && api !== 'sts'),
  )
})

test('a cluster of another account is asked about as its role, and no right of the function reaches there', () => {
  assert.deepEqual(
    named('register', 'AskOtherAccounts').Resource,
    'arn:aws:iam::210987654321:role/quayside-reader',
  )
  for (const who of ['register', 'reconcile'])
    for (const { Sid, Resource } of allowedTo(who))
      if (Sid !== 'AskOtherAccounts') assert.doesNotMatch(JSON.stringify(Resource), /210987654321/)
})

test('no role carries a managed policy, except that of the fleet for what hosts may', () => {
  const roles = Object.entries(template.findResources('AWS::IAM::Role'))
  const managed = roles.filter(([, { Properties }]) => Properties.ManagedPolicyArns !== undefined)
  assert.deepEqual(
    managed.map(([id]) => id.replace(/[0-9A-F]{8}$/, '')),
    ['FleetRole'],
  )
})

test('the secret is readable by name or by either form of its ARN', () => {
  const resource = (secret: string) => {
    const own = Template.fromStack(stackOf(exampleConfig({ consul: { secret } })))
    return statementsOf(own).find(({ Sid }) => Sid === 'ReadConsulSecret')?.Resource
  }
  const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:my-secret'
  assert.equal(resource('my-secret'), `${arn}-??????`)
  assert.deepEqual(resource(arn), [arn, `${arn}-??????`])
})

/** The part of an object's ARN behind the bucket's. */
const keysOf = ({ Resource }: Statement) =>
  listOf(Resource).map((part) => (part as { 'Fn::Join': [string, [unknown, string]] })['Fn::Join'][1][1])
const folder = (key: string) => `/${key.replace('.json', '')}`

test('hosts may read releases and write the report of their own id only', () => {
  const pull = named('host', 'PullReleases')
  assert.deepEqual(keysOf(pull), [blobKey('*'), channelKey('*'), layoutKey('*')].map(folder))
  assert.equal(pull.Action, 's3:GetObject')
  const report = named('host', 'WriteOwnReport')
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of IAM
  assert.deepEqual(keysOf(report), [`/${hostReportKey('${aws:userid}')}`])
  assert.equal(report.Action, 's3:PutObject')
})

test('whoever reads objects may list them too, so that what is missing is 404 and not 403', () => {
  for (const who of ['publish', 'sweep', 'host']) {
    const reads = allowedTo(who).filter(
      ({ Sid, Action }) => Sid !== 'FetchAgent' && listOf(Action).includes('s3:GetObject'),
    )
    const listing = allowedTo(who).find(({ Action }) => listOf(Action).includes('s3:ListBucket'))
    assert.ok(listing !== undefined, who)
    const prefixes = listing.Condition?.StringLike?.['s3:prefix'] as string[] | undefined
    const readable = reads.flatMap(keysOf).map((key) => key.slice(1))
    // The bucket is the functions' own; a host sees no more of it than it reads.
    const expected = who === 'host' ? [...new Set(readable)].sort() : undefined
    assert.deepEqual(prefixes?.toSorted(), expected, who)
  }
})

test('hosts read their parameters and the agent’s one file, not whatever lies beside', () => {
  const { Resource } = named('host', 'ReadHostParameters')
  assert.equal(listOf(Resource).length, 3)
  assert.match(JSON.stringify(Resource), /parameter.+SigningPublicKeyParameter/)
  assert.match(JSON.stringify(named('host', 'FetchAgent').Resource), /assets[^/]*\/[0-9a-f]{64}\.mjs/)
})

test('a sweep removes versions below four folders, and no channel and nothing by its key alone', () => {
  assert.deepEqual(keysOf(named('sweep', 'RemoveVersions')), [
    '/blobs/*',
    '/hosts/*',
    '/layouts/*',
    '/publications/*',
  ])
  const read = ['/blobs/*', '/channels/*', '/hosts/*', '/layouts/*', '/publications/*']
  assert.deepEqual(keysOf(named('sweep', 'ReadWhatIsInUse')), read)
})

test('pointers are signed with Ed25519 only', () => {
  template.hasResourceProperties('AWS::KMS::Key', {
    KeySpec: 'ECC_NIST_EDWARDS25519',
    KeyUsage: 'SIGN_VERIFY',
  })
  const { Condition } = named('publish', 'SignPointers')
  assert.deepEqual(Condition, { StringEquals: { 'kms:SigningAlgorithm': 'ED25519_SHA_512' } })
})
