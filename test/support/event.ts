import { apiTask } from '../../local/aws/ecs/api-shape.ts'
import { type TaskStateEvent, taskStateEvent } from '../../local/aws/ecs/event-shape.ts'
import type {
  ContainerOverride,
  ContainerRecord,
  HealthStatus,
  TaskDefinition,
  TaskRecord,
  TaskStatus,
} from '../../local/aws/ecs/model.ts'
import { buildTaskDefinition, type TaskDefinitionInput } from '../../local/aws/ecs/task-definition.ts'
import { newTask } from '../../local/aws/ecs/task-record.ts'
import type { AwsEvent } from '../../local/aws/events/event-bus.ts'

export const account = '210987654321'
export const region = 'eu-central-1'
export const clusterArn = `arn:aws:ecs:${region}:${account}:cluster/shop-ec2`

/**
 * What may be said of a task; everything has a default, and together the defaults are a running bridge task of
 * the service `web`.
 */
export type TaskOptions = {
  readonly id?: string
  readonly clusterArn?: string
  readonly definition?: TaskDefinition
  /** Null is a task that no service started. */
  readonly service?: string | null
  readonly lastStatus?: TaskStatus
  /** Default: STOPPED once the last status is past RUNNING. */
  readonly desiredStatus?: 'RUNNING' | 'STOPPED'
  readonly version?: number
  /** Unix milliseconds of the change. */
  readonly at?: number
  /** Host ports by container port, for bridge mode; default 32768 and up in order. */
  readonly hostPorts?: Readonly<Record<number, number>>
  /** The ENI's address, for awsvpc mode. */
  readonly address?: string
  /** Last part of the container instance's ARN; null is Fargate. */
  readonly host?: string | null
  readonly overrides?: readonly ContainerOverride[]
  /** Of all containers that declare a health check; only `describedTask` shows it. */
  readonly health?: HealthStatus
  /** Anything else, in the stand-in's own words. */
  readonly changes?: Partial<TaskRecord>
}

const versions: Record<TaskStatus, number> = {
  PROVISIONING: 1,
  PENDING: 2,
  ACTIVATING: 2,
  RUNNING: 3,
  DEACTIVATING: 5,
  STOPPING: 5,
  DEPROVISIONING: 6,
  STOPPED: 7,
}

/** An "ECS Task State Change" event. */
export function taskEvent(options: TaskOptions = {}): TaskStateEvent {
  return taskStateEvent(taskRecord(options))
}

/** The same task as DescribeTasks answers it. */
export function describedTask(options: TaskOptions = {}): ReturnType<typeof apiTask> {
  return apiTask(taskRecord(options))
}

/**
 * A task definition as DescribeTaskDefinition answers it; default: family `web`, one container with port 8080,
 * bridge mode.
 */
export function taskDefinition(
  input: Partial<TaskDefinitionInput> & { readonly revision?: number } = {},
): TaskDefinition {
  const { revision = 1, ...rest } = input
  const defaults = { family: 'web', containers: [{ name: 'web', portMappings: [{ containerPort: 8080 }] }] }
  return buildTaskDefinition({ ...defaults, ...rest }, revision, { account, region })
}

export function taskRecord(options: TaskOptions = {}): TaskRecord {
  const {
    lastStatus = 'RUNNING',
    at = Date.parse('2026-03-04T10:02:07.019Z'),
    definition = taskDefinition(),
  } = options
  const isPast = versions[lastStatus] > versions.RUNNING
  const desiredStatus = options.desiredStatus ?? (isPast ? 'STOPPED' : 'RUNNING')
  const isStopping = desiredStatus === 'STOPPED'
  const blank = newTask({
    ...placeOf(options, definition),
    id: options.id ?? '0a9b8c7d6e5f40312233445566778899',
    now: at,
  })
  return {
    ...blank,
    desiredStatus,
    lastStatus,
    version: options.version ?? (isStopping && !isPast ? 4 : versions[lastStatus]),
    containers: blank.containers.map((container) => containerOf(container, lastStatus, options)),
    overrides: options.overrides ?? [],
    ...(versions[lastStatus] >= versions.RUNNING ? { startedAt: at } : {}),
    ...(isStopping
      ? { stoppingAt: at, stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Scaling activity' }
      : {}),
    ...(lastStatus === 'STOPPED' ? { executionStoppedAt: at, stoppedAt: at } : {}),
    ...(blank.attachment === undefined ? {} : { attachment: eniOf(blank.attachment, lastStatus, options) }),
    ...options.changes,
  }
}

/** Any other event, in the envelope that all have. */
export function awsEvent(source: string, detailType: string, detail: object): AwsEvent {
  return {
    version: '0',
    id: '11111111-2222-4333-8444-555555555555',
    'detail-type': detailType,
    source,
    account,
    time: '2026-03-04T10:02:07Z',
    region,
    resources: [],
    detail,
  }
}

function placeOf(options: TaskOptions, definition: TaskDefinition) {
  const cluster = options.clusterArn ?? clusterArn
  const { service = 'web' } = options
  const host = options.host === undefined && definition.networkMode !== 'awsvpc' ? 'c1' : options.host
  return {
    clusterArn: cluster,
    definition,
    nodeNumber: 1,
    ...(service === null ? {} : { service, startedBy: 'ecs-svc/4821937465012837465' }),
    ...(host
      ? { containerInstanceArn: `${cluster.replace(':cluster/', ':container-instance/')}/${host}` }
      : {}),
  }
}

function containerOf(
  container: ContainerRecord,
  lastStatus: TaskStatus,
  { hostPorts, health = 'UNKNOWN' }: TaskOptions,
): ContainerRecord {
  if (versions[lastStatus] < versions.RUNNING) return container
  const isEnded = lastStatus === 'DEPROVISIONING' || lastStatus === 'STOPPED'
  const { portMappings, healthCheck } = container.definition
  const networkBindings = portMappings
    .filter(({ hostPort, containerPort }) => hostPort !== containerPort)
    .flatMap(({ containerPort, protocol }, index) =>
      ['0.0.0.0', '::'].map((bindIP) => {
        return { bindIP, containerPort, hostPort: hostPorts?.[containerPort] ?? 32768 + index, protocol }
      }),
    )
  return {
    ...container,
    lastStatus: isEnded ? 'STOPPED' : 'RUNNING',
    ...(isEnded ? { exitCode: 0 } : {}),
    runtimeId: 'b7c6d5e4f3a2918070615243342516078899aabbccddeeff0011223344556677',
    networkBindings,
    healthStatus: healthCheck === undefined ? 'UNKNOWN' : health,
  }
}

function eniOf(
  { id }: { readonly id: string },
  lastStatus: TaskStatus,
  { address = '10.40.12.87' }: TaskOptions,
): NonNullable<TaskRecord['attachment']> {
  if (lastStatus === 'PROVISIONING') return { id, status: 'PRECREATED' }
  return { id, status: lastStatus === 'STOPPED' ? 'DELETED' : 'ATTACHED', privateIp: address }
}
