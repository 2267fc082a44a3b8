import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { parseAgentSettings } from '../../agent/settings.ts'
import { healthPath as answered } from '../../core/host/entry-file.ts'
import { healthPath } from '../../lib/fleet-load-balancer.ts'
import { fleetUserData } from '../../lib/fleet-user-data.ts'
import { fleetConfig, fleetTemplate, stackOf } from '../support/stack.ts'
import { fileIn, userDataOf } from '../support/user-data.ts'

const template = fleetTemplate()

function only(type: string) {
  const [found, ...others] = Object.values(template.findResources(type))
  assert.deepEqual(others, [], `one ${type}`)
  return found ?? assert.fail(`no ${type}`)
}

const userData = () => userDataOf(template)

test('the load balancer judges a host by nginx’s own health endpoint, on every listener', () => {
  const groups = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::TargetGroup'))
  assert.equal(groups.length, 4)
  assert.equal(healthPath, answered)
  template.allResourcesProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
    HealthCheckProtocol: 'HTTP',
    HealthCheckPath: '/health',
    HealthCheckPort: '8081',
    Matcher: { HttpCode: '200' },
    TargetType: 'instance',
  })
})

test('the autoscaling group judges a host by EC2 alone: nginx being unhealthy never ends one', () => {
  const { HealthCheckType } = only('AWS::AutoScaling::AutoScalingGroup').Properties
  assert.equal(HealthCheckType, 'EC2')
})

test('a host counts from its first confirmed release on, and is given up without one', () => {
  const { LifecycleHookSpecificationList: hooks } = only('AWS::AutoScaling::AutoScalingGroup').Properties
  assert.deepEqual(hooks, [
    {
      LifecycleHookName: 'first-release',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
      HeartbeatTimeout: 900,
      DefaultResult: 'ABANDON',
    },
  ])
  // A hook of its own would be made after the group, and the first hosts would miss it.
  template.resourceCountIs('AWS::AutoScaling::LifecycleHook', 0)
  const script = userData()
  assert.ok(script.indexOf('until curl') < script.indexOf('complete-lifecycle-action'))
  assert.match(script, /until curl .* http:\/\/127\.0\.0\.1:8081\/health;/)
  assert.match(
    script,
    /--lifecycle-hook-name 'first-release' --auto-scaling-group-name 'quayside-production'/,
  )
})

test('hosts are replaced a tenth at a time, and what was replaced is taken back where hosts are unhealthy', () => {
  const { UpdatePolicy } = only('AWS::AutoScaling::AutoScalingGroup')
  const { Strategy, Preferences } = UpdatePolicy.AutoScalingInstanceRefresh
  assert.equal(Strategy, 'Rolling')
  assert.equal(Preferences.MinHealthyPercentage, 90)
  assert.equal(Preferences.MaxHealthyPercentage, 110)
  assert.equal(Preferences.SkipMatching, true)
  assert.match(JSON.stringify(Preferences.AlarmSpecification), /FleetUnhealthy/)
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Namespace: 'AWS/NetworkELB',
    MetricName: 'UnHealthyHostCount',
    Dimensions: [{ Name: 'LoadBalancer' }, { Name: 'TargetGroup' }].map(Match.objectLike),
    TreatMissingData: 'notBreaching',
  })
})

test('credentials of a host are for the host: tokens are required, and one hop is all they take', () => {
  const { MetadataOptions, BlockDeviceMappings } =
    only('AWS::EC2::LaunchTemplate').Properties.LaunchTemplateData
  assert.deepEqual(MetadataOptions, { HttpTokens: 'required', HttpPutResponseHopLimit: 1 })
  for (const { Ebs } of BlockDeviceMappings) assert.equal(Ebs.Encrypted, true)
})

test('a host that goes keeps its connections for two minutes', () => {
  template.allResourcesProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
    TargetGroupAttributes: Match.arrayWith([
      { Key: 'deregistration_delay.timeout_seconds', Value: '120' },
      { Key: 'deregistration_delay.connection_termination.enabled', Value: 'true' },
    ]),
  })
})

test('TLS passes through to nginx, or ends at the load balancer with its certificate', () => {
  const listeners = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::Listener'))
  const seen = listeners.map(({ Properties: { Port, Protocol, Certificates } }) => [
    ...[Port, Protocol],
    Certificates !== undefined,
  ])
  assert.deepEqual(
    seen.sort(([a], [b]) => a - b),
    [
      [80, 'TCP', false],
      [443, 'TCP', false],
      [5_353, 'UDP', false],
      [8_443, 'TLS', true],
    ],
  )
})

test('clients reach the load balancer, it reaches nginx, and nginx reaches tasks and AWS', () => {
  const group = (name: string) =>
    Object.entries(template.findResources('AWS::EC2::SecurityGroup')).find(([id]) => id.startsWith(name)) ??
    assert.fail(name)
  const [, front] = group('FleetLoadBalancerGroup')
  const ports = (rules: { FromPort: number; CidrIp?: string }[]) => rules.map(({ FromPort }) => FromPort)
  assert.deepEqual(new Set(ports(front.Properties.SecurityGroupIngress)), new Set([80, 443, 8_443, 5_353]))
  assert.equal(front.Properties.SecurityGroupEgress, undefined)
  const [hosts, { Properties: own }] = group('FleetHostGroup')
  assert.equal(own.SecurityGroupIngress, undefined, 'nobody but the load balancer')
  const outward = own.SecurityGroupEgress.map(
    ({ CidrIp, FromPort, ToPort, IpProtocol }: Record<string, unknown>) =>
      `${CidrIp} ${IpProtocol} ${FromPort}-${ToPort}`,
  )
  const wanted = ['10.0.0.0/8 tcp 0-65535', '10.0.0.0/8 udp 0-65535', '0.0.0.0/0 tcp 443-443']
  assert.deepEqual(outward.sort(), wanted.sort())
  const inward = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress'))
    .filter(({ Properties }) => JSON.stringify(Properties.GroupId).includes(hosts))
    .map(({ Properties }) => Properties.FromPort)
  assert.deepEqual(new Set(inward), new Set([80, 443, 5_353, 8_081]))
})

test('the first-start script is one that bash can read', () => {
  const { status, stderr } = spawnSync('bash', ['-n'], { input: userData(), encoding: 'utf8' })
  assert.equal(stderr, '')
  assert.equal(status, 0)
})

test('the agent is taken only with the SHA-256 of the template, and before anything of it runs', () => {
  const script = userData()
  const check = /echo '[0-9a-f]{64} {2}(\/\S+\.mjs)' \| sha256sum --check --strict/.exec(script)
  const program = check?.[1] ?? assert.fail('no check')
  const run = script.indexOf(`node '${program}' install`)
  assert.ok(run > (check?.index ?? run))
  assert.match(script, new RegExp(`^ExecStart=.+ ${program}$`, 'm'))
  assert.match(script, /^#!\/bin\/bash\nset -euo pipefail\n/)
})

test('the settings that a host gets are ones that its agent takes', () => {
  const pem =
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n'
  const settings = parseAgentSettings(JSON.parse(fileIn(userData(), '/etc/quayside/agent.json')), () => pem)
  assert.equal(settings.deployment, 'production')
  assert.equal(settings.channel, 'current')
  assert.equal(settings.healthPort, 8_081)
  const conf = fileIn(userData(), '/etc/nginx/nginx.conf')
  for (const path of Object.values(settings.entries))
    assert.ok(conf.includes(`include "${path}";`), `${path}`)
  assert.ok(conf.includes(`pid ${settings.nginx.pidFile};`))
  assert.ok(conf.includes(`error_log ${settings.nginx.errorLog} `))
})

test('hosts get the image for their processors', () => {
  const image = (config: Record<string, unknown>) => {
    const { fleet } = fleetConfig() as { fleet: object }
    const own = Template.fromStack(stackOf(fleetConfig({ fleet: { ...fleet, ...config } }))).toJSON()
    return Object.keys(own.Parameters).find((name) => name.includes('al2023'))
  }
  assert.match(image({}) ?? '', /arm64/)
  assert.match(image({ instanceType: 't3.small' }) ?? '', /x8664/)
})

test("commands and policies of the config file reach the fleet's hosts", () => {
  const { fleet } = fleetConfig() as { fleet: object }
  const policyArns = ['arn:aws:iam::123456789012:policy/read-certificates']
  const own = Template.fromStack(
    stackOf(fleetConfig({ fleet: { ...fleet, commands: ['fetch-all'], policyArns } })),
  )
  own.hasResourceProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.arrayWith(policyArns) })
  const [template] = Object.values(own.findResources('AWS::EC2::LaunchTemplate'))
  assert.match(JSON.stringify(template?.Properties), /\\nfetch-all\\n/)
})

test('commands of the operator run before nginx is started, and the last step is that the host is ready', () => {
  const host = {
    ...{ region: 'eu-west-1', bucket: 'b', deployment: 'd', channel: 'c', pollMs: 1, healthPort: 8_081 },
    ...{ publicKeyParameter: '/k', groupName: 'g', hookName: 'h' },
    agent: { url: 's3://assets/agent.mjs', sha256: '0'.repeat(64) },
    commands: ['fetch-certificates --into /etc/tls'],
  }
  const lines = fleetUserData(host).trimEnd().split('\n')
  const own = lines.indexOf('fetch-certificates --into /etc/tls')
  assert.ok(own > lines.findIndex((line) => line.startsWith('chown ')))
  assert.ok(own < lines.indexOf('systemctl enable --now nginx.service'))
  assert.match(lines.at(-1) ?? '', /lifecycle-hook-name 'h'/)
})
