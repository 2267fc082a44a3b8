/** Task events in the shape that ECS documents; the values are made up. */
export type SampleEvent = { readonly detail: Record<string, unknown>; readonly [field: string]: unknown }

const cluster = 'arn:aws:ecs:eu-central-1:210987654321:cluster'

const samples = {
  awsvpc: {
    id: '7f1c2d3e4b5a69788796a5b4c3d2e1f0',
    cluster: 'shop-prod',
    group: 'service:cart',
    version: 5,
    definition: 'cart:57',
    detail: {
      attachments: [
        {
          type: 'AmazonElasticBlockStorage',
          status: 'ATTACHED',
          details: [{ name: 'volumeId', value: 'vol-1' }],
        },
        { type: 'eni', status: 'ATTACHED', details: [{ name: 'privateIPv4Address', value: '10.40.12.87' }] },
      ],
      containers: [
        { name: 'cart', lastStatus: 'RUNNING', networkInterfaces: [{ privateIpv4Address: '10.40.12.87' }] },
      ],
    },
  },
  bridge: {
    id: '0a9b8c7d6e5f40312233445566778899',
    cluster: 'shop-ec2',
    group: 'service:web',
    version: 3,
    definition: 'web:131',
    detail: {
      containerInstanceArn: `${cluster.replace(':cluster', ':container-instance')}/shop-ec2/5c4b3a29`,
      containers: [
        {
          name: 'web',
          lastStatus: 'RUNNING',
          networkBindings: [
            { bindIP: '0.0.0.0', containerPort: 8080, hostPort: 32781, protocol: 'tcp' },
            { bindIP: '::', containerPort: 8080, hostPort: 32781, protocol: 'tcp' },
            { bindIP: '0.0.0.0', containerPort: 9102, hostPort: 32782, protocol: 'tcp' },
          ],
        },
        { name: 'log-router', lastStatus: 'RUNNING', networkBindings: [] },
      ],
      overrides: {
        containerOverrides: [{ name: 'web', environment: [{ name: 'SERVICE_TAGS', value: 'blue,v9' }] }],
      },
    },
  },
  host: {
    id: 'ffeeddccbbaa00998877665544332211',
    cluster: 'shop-ec2',
    group: 'service:edge-cache',
    version: 4,
    definition: 'edge-cache:18',
    detail: {
      containerInstanceArn: `${cluster.replace(':cluster', ':container-instance')}/shop-ec2/10203040`,
      desiredStatus: 'STOPPED',
      containers: [{ name: 'edge-cache', lastStatus: 'RUNNING', networkBindings: [] }],
    },
  },
} as const

/** One running task on Fargate (awsvpc), one running in bridge mode with an IPv6 twin, one in host mode that is being stopped. */
export function sampleEvent(kind: keyof typeof samples): SampleEvent {
  const { id, cluster: name, group, version, definition, detail } = samples[kind]
  return {
    version: '0',
    id: '5d3f0c1e-7a52-4f0b-9a56-0f6f2a1c9b77',
    'detail-type': 'ECS Task State Change',
    source: 'aws.ecs',
    account: '210987654321',
    time: '2026-03-04T09:12:41Z',
    region: 'eu-central-1',
    detail: {
      taskArn: `${cluster.replace(':cluster', ':task')}/${name}/${id}`,
      clusterArn: `${cluster}/${name}`,
      taskDefinitionArn: `${cluster.replace(':cluster', ':task-definition')}/${definition}`,
      group,
      version,
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
      availabilityZone: 'eu-central-1b',
      aFieldOfTomorrow: { nested: true },
      ...detail,
    },
  }
}
