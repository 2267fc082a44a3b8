import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseAgentSettings } from '../../../agent/settings.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { parseConfig } from '../../../core/settings/config.ts'
import { agentPorts } from '../../../core/settings/config-checks.ts'
import { defaultPublishSettings } from '../../../core/settings/defaults.ts'

const cluster = { arn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/web' }
const network = {
  vpcId: 'vpc-0123456789abcdef0',
  subnets: [{ id: 'subnet-0123456789abcdef0', availabilityZone: 'eu-west-1a' }],
}
const minimal = { deployment: 'blue', clusters: [cluster], consul: { secret: 'quayside/consul' }, network }

function problems(value: unknown): string[] {
  try {
    parseConfig(value)
  } catch (error) {
    assert.ok(error instanceof QuaysideError)
    assert.equal(error.code, 'SETTINGS_INVALID')
    return error.message.split('\n  - ').slice(1)
  }
  return []
}

test('what is left out has its default', () => {
  assert.deepEqual(parseConfig(minimal), {
    deployment: 'blue',
    account: '123456789012',
    region: 'eu-west-1',
    clusters: [
      { ...cluster, servicePrefix: '', addressFamily: 'ipv4', consul: null, events: 'here', role: null },
    ],
    consul: {
      ...{ secret: 'quayside/consul', secretKeyArn: null, datacenter: 'dc1', prefix: 'quayside' },
      ...{ addresses: null, serverName: null, securityGroupId: null },
    },
    network: {
      ...network,
      subnets: network.subnets.map((subnet) => ({ ...subnet, routeTableId: null })),
      ...{ securityGroupIds: [], egress: 'existing' },
    },
    publish: defaultPublishSettings,
    templates: null,
    reconcile: { callsPerSecond: 4 },
    functions: {
      register: { memoryMb: 256, reservedConcurrency: null },
      reconcile: { memoryMb: 512, reservedConcurrency: null },
      publish: { memoryMb: 512, reservedConcurrency: null },
      sweep: { memoryMb: 512, reservedConcurrency: null },
    },
    logs: { retentionDays: 30 },
    releases: { removalPolicy: 'retain' },
    alarms: { email: null, topicArn: null },
    fleet: null,
  })
})

test('the example config is valid', () => {
  const example: unknown = JSON.parse(readFileSync('quayside.config.example.json', 'utf8'))
  assert.deepEqual(problems(example), [])
})

test('all problems are reported at once, each with its path', () => {
  assert.deepEqual(
    problems({
      ...minimal,
      deployment: 'Blue!',
      consul: {},
      network: { ...network, vpcId: 'vpc-123' },
      publish: {
        listeners: [{ port: 0, protocol: 'http' }],
        guard: { maxShrink: 2 },
        networks: ['10.0.0.0/33'],
      },
    }).map((problem) => problem.split(':')[0]),
    [
      'deployment',
      'consul.secret',
      'network.vpcId',
      'publish.listeners[0].port',
      'publish.networks[0]',
      'publish.guard.maxShrink',
    ],
  )
})

test('an unknown key is named with the nearest known one', () => {
  assert.deepEqual(problems({ ...minimal, network: { ...network, securityGroupsIds: [] } }), [
    'network.securityGroupsIds: unknown setting; did you mean securityGroupIds? (got a list of 0)',
  ])
})

test('an unknown key like no other is named with all known ones', () => {
  const [problem] = problems({ ...minimal, alarms: { pager: 'me' } })
  assert.equal(
    problem,
    'alarms.pager: unknown setting; known here: email, topicArn (got a text of 2 characters (not shown))',
  )
})

test('a config that is no object is refused', () => {
  assert.deepEqual(problems(['x']), ['the whole: expected an object, got a list of 1'])
})

test('a token where the secret id belongs is not shown', () => {
  for (const consul of ['s.hunter2', { secret: 's hunter2' }, { secret: 'a', secretKeyArn: 'hunter2' }])
    assert.doesNotMatch(problems({ ...minimal, consul }).join(), /hunter2/)
})

test('clusters of another account or region are refused, because their events do not arrive', () => {
  const far = { arn: 'arn:aws:ecs:us-east-1:123456789012:cluster/web' }
  assert.match(
    problems({ ...minimal, clusters: [cluster, far] }).join(),
    /^clusters\[1\]\.arn: .+ eu-west-1, or "events": "forwarded"/,
  )
  assert.match(problems({ ...minimal, account: '999999999999' }).join(), /^clusters\[0\]\.arn: /)
})

test('a cluster named twice is refused', () => {
  assert.match(
    problems({ ...minimal, clusters: [cluster, cluster] }).join(),
    /^clusters\[1\]: expected each member once/,
  )
})

test('a default domain with a wildcard is refused: no name can be put before it', () => {
  const domain = (defaultDomain: string) => problems({ ...minimal, publish: { defaultDomain } }).join()
  assert.match(domain('*.example.com'), /publish.defaultDomain: expected a domain such as example.com/)
  assert.equal(domain('example.com'), '')
})

test('two listeners on one socket are refused, TCP and UDP on one port are not', () => {
  const listeners = (...protocols: string[]) => ({
    ...minimal,
    publish: { listeners: protocols.map((protocol) => ({ port: 53, protocol })) },
  })
  assert.deepEqual(problems(listeners('tcp', 'udp')), [])
  assert.match(problems(listeners('tcp', 'http')).join(), /tcp port 53 again/)
})

test('further datacenters are named as Consul names them, each once', () => {
  const datacenters = (...names: string[]) => problems({ ...minimal, publish: { datacenters: names } }).join()
  assert.equal(datacenters('dc2', 'eu-1'), '')
  assert.match(datacenters('dc2', 'dc2'), /^publish\.datacenters\[1\]: expected each member once/)
  assert.match(datacenters('DC 2'), /^publish\.datacenters\[0\]: expected a Consul datacenter/)
})

test('every subnet needs its availability zone, and its route table where endpoints are created', () => {
  const bare = { ...network, subnets: [{ id: 'subnet-0123456789abcdef0' }] }
  assert.match(
    problems({ ...minimal, network: bare }).join(),
    /^network\.subnets\[0\]\.availabilityZone: .+ got nothing$/,
  )
  assert.match(
    problems({ ...minimal, network: { ...network, egress: 'endpoints' } }).join(),
    /^network\.subnets\[0\]\.routeTableId: .+ got nothing$/,
  )
})

test('a cluster may be registered in a part of Consul of its own, by the name of its token', () => {
  const consul = { namespace: 'team-a', token: 'shop' }
  const parsed = parseConfig({ ...minimal, clusters: [{ ...cluster, consul }] })
  assert.deepEqual(parsed.clusters[0]?.consul, { datacenter: null, partition: null, ...consul })
})

test('a token in the place of its name is refused and not shown', () => {
  const token = '7a1f6e2c-1111-2222-3333-444455556666'
  const [problem = ''] = problems({ ...minimal, clusters: [{ ...cluster, consul: { token } }] })
  assert.match(problem, /clusters\[0\]\.consul\.token: expected the name of a token/)
  assert.equal(problem.includes(token), false)
})

test('a trusted key is a public Ed25519 key in PEM', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const trusting = (...keys: string[]) => problems({ ...minimal, publish: { trustedKeys: keys } }).join()
  assert.equal(trusting(pem, pem.trim()), '')
  assert.match(trusting(pem.slice(1)), /publish\.trustedKeys\[0\]: expected an Ed25519 public key in PEM/)
  assert.doesNotMatch(trusting(secret), /BEGIN PRIVATE|MC4C/)
})

test('a canary needs a channel of its own, and is promoted by hand unless the operator says otherwise', () => {
  const canary = (stated: object) => ({ ...minimal, publish: { canary: stated } })
  assert.deepEqual(parseConfig(canary({})).publish.canary, {
    ...{ channel: 'canary', soakMs: null, addsOnly: false },
  })
  assert.match(problems(canary({ channel: 'current' })).join(), /^publish\.canary\.channel: expected another/)
  assert.match(problems(canary({ soakMs: 5 })).join(), /^publish\.canary\.soakMs: /)
})

test('the ports that a fleet keeps free are those of its agents', () => {
  const least = { bucket: 'releases', region: 'eu-west-1', deployment: 'prod', allowUnsigned: true }
  const { control, dnsPort } = parseAgentSettings({ ...least, stream: true }, () => '')
  assert.deepEqual([dnsPort, control.stream, control.http], agentPorts)
})
