const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:123456789012:${resource}`

/** A config with every section and nearly every key, as an operator would write it. */
export function fullConfig(): Record<string, unknown> {
  return structuredClone({
    deployment: 'production',
    account: '123456789012',
    region: 'eu-west-1',
    clusters: [
      { arn: arn('ecs', 'cluster/web'), servicePrefix: 'web-', addressFamily: 'ipv4' },
      {
        arn: 'arn:aws:ecs:eu-west-1:210987654321:cluster/jobs',
        consul: { datacenter: 'dc2', namespace: 'team-a', partition: 'shared', token: 'jobs' },
        events: 'forwarded',
        role: 'arn:aws:iam::210987654321:role/quayside-reader',
      },
    ],
    consul: {
      secret: 'quayside/consul',
      secretKeyArn: arn('kms', 'key/0f0f0f0f-0000-4000-8000-0123456789ab'),
      addresses: ['https://consul.internal:8501'],
      serverName: 'server.dc1.consul',
      datacenter: 'dc1',
      prefix: 'quayside',
      securityGroupId: 'sg-0123456789abcdef0',
    },
    network: {
      vpcId: 'vpc-0123456789abcdef0',
      subnets: [
        {
          id: 'subnet-0123456789abcdef0',
          availabilityZone: 'eu-west-1a',
          routeTableId: 'rtb-0123456789abcdef0',
        },
        {
          id: 'subnet-0123456789abcdef1',
          availabilityZone: 'eu-west-1b',
          routeTableId: 'rtb-0123456789abcdef1',
        },
      ],
      securityGroupIds: ['sg-0123456789abcdef1'],
      egress: 'endpoints',
    },
    publish: {
      channel: 'current',
      canary: { channel: 'canary', soakMs: 600_000, addsOnly: true },
      datacenters: ['dc2'],
      listeners: [
        { port: 80, protocol: 'http' },
        { port: 443, protocol: 'https' },
        { port: 53, protocol: 'udp' },
      ],
      networks: ['10.0.0.0/8'],
      defaultDomain: 'example.com',
      routes: [{ host: 'shop.example.com', path: '/api/', service: 'shop', port: 443 }],
      owners: [{ host: '*.example.com', clusters: ['web'], services: ['shop'] }],
      certificates: [
        {
          name: 'wildcard',
          hosts: ['*.example.com'],
          cert: '/etc/nginx/tls/w.pem',
          key: '/etc/nginx/tls/w.key',
        },
      ],
      guard: { holdForMs: 60_000, maxShrink: 0.5, minInstances: 1 },
      pace: { debounceMinMs: 1_000, debounceMaxMs: 10_000 },
    },
    reconcile: { callsPerSecond: 4 },
    functions: { register: { memoryMb: 512, reservedConcurrency: 10 }, publish: { reservedConcurrency: 3 } },
    logs: { retentionDays: 90 },
    releases: { removalPolicy: 'retain' },
    alarms: { topicArn: arn('sns', 'on-call') },
    fleet: {
      ...{ instanceType: 't4g.small', min: 2, max: 6, desired: 3, channel: 'canary', healthPort: 8_081 },
      subnets: [
        { id: 'subnet-0123456789abcdef0', availabilityZone: 'eu-west-1a' },
        { id: 'subnet-0123456789abcdef1', availabilityZone: 'eu-west-1b' },
      ],
      commands: ['install -d -m 700 /etc/nginx/tls'],
      policyArns: ['arn:aws:iam::123456789012:policy/read-certificates'],
      loadBalancer: {
        scheme: 'internet-facing',
        subnets: [
          { id: 'subnet-0123456789abcdef2', availabilityZone: 'eu-west-1a' },
          { id: 'subnet-0123456789abcdef3', availabilityZone: 'eu-west-1b' },
        ],
        listeners: [
          { port: 443, protocol: 'tcp' },
          {
            ...{ port: 8_443, protocol: 'tls', targetPort: 80 },
            certificateArn: arn('acm', 'certificate/0f0f0f0f-0000-4000-8000-0123456789ab'),
          },
          { port: 53, protocol: 'udp' },
        ],
        allowedCidrs: ['0.0.0.0/0'],
        domain: { name: 'apps.example.com', hostedZoneId: 'Z0123456789ABCDEFGHIJ' },
      },
    },
  })
}

/** The value with what lies at the path replaced; undefined takes it away. */
export function withValue(value: unknown, path: string, own: unknown): Record<string, unknown> {
  const whole = structuredClone(value) as Record<string, unknown>
  const keys = path.split(/[.[\]]+/).filter((key) => key !== '')
  let place: Record<string, unknown> = whole
  for (const key of keys.slice(0, -1)) {
    place[key] ??= {}
    place = place[key] as Record<string, unknown>
  }
  const last = keys.at(-1) ?? ''
  if (own === undefined) delete place[last]
  else place[last] = own
  return whole
}
