import { account, region } from '../event.ts'

/** A wanted catalog entry of one task, written down by hand and not by the code under test. */
export type WantedPort = {
  readonly container: string
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  readonly service: string
  /** What stands before the task's id in the service id. */
  readonly idBase: string
  readonly tags: (revision: number) => readonly string[]
}

/** A service as its owners wrote it: how its tasks look to ECS, and what they are to be in the catalog. */
export type Kind = {
  readonly service: string
  readonly mode: 'bridge' | 'awsvpc' | 'host'
  readonly containers: readonly { readonly name: string; readonly checked: boolean }[]
  readonly definition: (revision: number) => unknown
  readonly wanted: readonly WantedPort[]
}

const none = () => []

export const kinds: readonly Kind[] = [
  {
    service: 'web',
    mode: 'bridge',
    containers: [{ name: 'web', checked: false }],
    definition: (revision) => [
      {
        name: 'web',
        portMappings: [{ containerPort: 8080, hostPort: 0, protocol: 'tcp' }],
        dockerLabels: { SERVICE_ID: 'shared', SERVICE_TAGS: `v${revision},blue` },
      },
    ],
    wanted: [
      {
        container: 'web',
        port: 8080,
        protocol: 'tcp',
        service: 'web',
        idBase: 'shared',
        tags: (revision) => ['blue', `v${revision}`],
      },
    ],
  },
  {
    service: 'api',
    mode: 'awsvpc',
    containers: [{ name: 'api', checked: true }],
    definition: () => [
      {
        name: 'api',
        portMappings: [{ containerPort: 80, protocol: 'tcp' }],
        healthCheck: { command: ['CMD', 'true'] },
        dockerLabels: { 'nginx.host': 'api.example' },
      },
    ],
    wanted: [
      { container: 'api', port: 80, protocol: 'tcp', service: 'api', idBase: 'api', tags: () => ['nginx'] },
    ],
  },
  {
    service: 'edge',
    mode: 'host',
    containers: [
      { name: 'edge', checked: false },
      { name: 'log', checked: false },
    ],
    definition: () => [
      { name: 'edge', portMappings: [{ containerPort: 9000, hostPort: 9000, protocol: 'udp' }] },
      { name: 'log' },
    ],
    wanted: [
      {
        container: 'edge',
        port: 9000,
        protocol: 'udp',
        service: 'edge',
        idBase: 'edge',
        tags: () => ['udp'],
      },
    ],
  },
  {
    service: 'pair',
    mode: 'awsvpc',
    containers: [
      { name: 'front', checked: false },
      { name: 'back', checked: true },
    ],
    definition: () => [
      {
        name: 'front',
        portMappings: [{ containerPort: 8000, protocol: 'tcp' }],
        environment: [{ name: 'SERVICE_NAME', value: 'front' }],
      },
      {
        name: 'back',
        portMappings: [{ containerPort: 8001, protocol: 'tcp' }],
        healthCheck: { command: ['CMD', 'true'] },
        environment: [{ name: 'SERVICE_8001_NAME', value: 'back' }],
      },
    ],
    wanted: [
      { container: 'front', port: 8000, protocol: 'tcp', service: 'front', idBase: 'front', tags: none },
      { container: 'back', port: 8001, protocol: 'tcp', service: 'back', idBase: 'back', tags: none },
    ],
  },
  {
    service: 'two',
    mode: 'bridge',
    containers: [{ name: 'two', checked: false }],
    definition: () => [
      {
        name: 'two',
        portMappings: [
          { containerPort: 7000, hostPort: 0, protocol: 'tcp' },
          { containerPort: 7001, hostPort: 0, protocol: 'tcp' },
        ],
      },
    ],
    wanted: [
      { container: 'two', port: 7000, protocol: 'tcp', service: 'two-7000', idBase: 'two-7000', tags: none },
      { container: 'two', port: 7001, protocol: 'tcp', service: 'two-7001', idBase: 'two-7001', tags: none },
    ],
  },
  {
    service: 'cron',
    mode: 'awsvpc',
    containers: [{ name: 'cron', checked: false }],
    definition: () => [{ name: 'cron' }],
    wanted: [],
  },
]

export function definitionArn(kind: Kind, revision: number): string {
  return `arn:aws:ecs:${region}:${account}:task-definition/${kind.service}:${revision}`
}

/** `taskDefinition` of DescribeTaskDefinition. */
export function rawDefinition(arn: string): unknown {
  const [, service = '', revision = '1'] = /task-definition\/([^:]+):(\d+)$/.exec(arn) ?? []
  const kind = kinds.find((one) => one.service === service)
  if (kind === undefined) throw new Error(`no task definition ${arn}`)
  return {
    taskDefinitionArn: arn,
    family: service,
    networkMode: kind.mode,
    containerDefinitions: kind.definition(Number(revision)),
  }
}
