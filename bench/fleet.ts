import { serviceId } from '../core/catalog/entry.ts'
import { apiTask } from '../local/aws/ecs/api-shape.ts'
import { taskStateEvent } from '../local/aws/ecs/event-shape.ts'
import type { TaskDefinition } from '../local/aws/ecs/model.ts'
import { account, clusterArn, region, taskDefinition, taskRecord } from '../test/support/event.ts'

/** A task of the benchmarks' fleet, with what the catalog must say of it while it runs. */
export type FleetTask = {
  readonly id: string
  readonly arn: string
  readonly service: string
  readonly definition: TaskDefinition
  /** Last part of the container instance's ARN; null on Fargate. */
  readonly host: string | null
  readonly instanceId: string
  readonly address: string
  readonly port: number
}

export type TaskState = 'running' | 'draining' | 'stopped'

export const cluster = { account, region, cluster: 'shop-ec2' }
export { clusterArn }

const services = 50
const tasksPerHost = 20
/** One service in so many is in bridge mode. */
const bridgeShare = 5
const port = 8080

/**
 * Tasks of 50 services, next to each other in the list as in a deployment of all services at once: each batch of events speaks of
 * ten services. Each fifth service is in bridge mode on EC2,
 * the others are on Fargate. `group` keeps two fleets of one cluster apart.
 */
export function createFleet(tasks: number, group = 0): readonly FleetTask[] {
  const definitions = Array.from({ length: services }, (_, index) => definitionOf(index))
  return Array.from({ length: tasks }, (_, index) => {
    const definition = definitions[index % services] ?? definitionOf(0)
    return fleetTask(index, tasks, group, definition)
  })
}

function definitionOf(index: number): TaskDefinition {
  const family = `service-${String(index).padStart(2, '0')}`
  const dockerLabels = {
    'nginx.host': `${family}.example.com`,
    SERVICE_TAGS: 'v7,blue',
    SERVICE_TEAM: 'shop',
  }
  const container = { name: 'app', portMappings: [{ containerPort: port }], dockerLabels }
  const mode = index % bridgeShare === bridgeShare - 1 ? {} : ({ networkMode: 'awsvpc' } as const)
  return taskDefinition({ family, containers: [container], ...mode })
}

function fleetTask(index: number, tasks: number, group: number, definition: TaskDefinition): FleetTask {
  const id = `${group}${String(index).padStart(7, '0')}`.padEnd(32, '0a9b8c7d6e5f')
  const onHost = definition.networkMode !== 'awsvpc'
  return {
    id,
    arn: `${clusterArn.replace(':cluster/', ':task/')}/${id}`,
    service: definition.family,
    definition,
    host: onHost ? hostOf(index, tasks) : null,
    instanceId: serviceId(definition.family, id, 'app', port, 'tcp'),
    address: onHost ? hostAddress(hostOf(index, tasks)) : `10.${group}.${(index >> 8) & 255}.${index & 255}`,
    port: onHost ? 32_768 + group * 1_000 + Math.floor(index / bridgeShare) : port,
  }
}

/** Spread over all hosts, as ECS places tasks. */
function hostOf(index: number, tasks: number): string {
  const hosts = Math.max(1, Math.ceil(tasks / bridgeShare / tasksPerHost))
  return `c${Math.floor(index / bridgeShare) % hosts}`
}

/** The EC2 instance behind a container instance, and its address. */
export function hostInstance(host: string): string {
  return `i-0bench${host.slice(1).padStart(11, '0')}`
}

export function hostAddress(host: string): string {
  const number = Number(host.slice(1))
  return `10.250.${number >> 8}.${number & 255}`
}

/** The body of the queue message by which ECS tells of a task's state. */
export function eventBody(task: FleetTask, state: TaskState, at: number): string {
  return JSON.stringify(taskStateEvent(recordOf(task, state, at)))
}

/** The task as DescribeTasks answers it. */
export function described(task: FleetTask, state: TaskState, at: number): ReturnType<typeof apiTask> {
  return apiTask(recordOf(task, state, at))
}

function recordOf(
  { id, definition, service, host, address, port: hostPort }: FleetTask,
  state: TaskState,
  at: number,
) {
  const place = host === null ? { address, host: null } : { host, hostPorts: { [port]: hostPort } }
  const status = {
    running: { lastStatus: 'RUNNING' },
    draining: { lastStatus: 'RUNNING', desiredStatus: 'STOPPED' },
    stopped: { lastStatus: 'STOPPED' },
  } as const
  return taskRecord({ id, definition, service, at, ...place, ...status[state] })
}
