/**
 * The states of a task, in the order in which it passes them. ACTIVATING and DEACTIVATING are visited only on
 * request.
 */
export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED'

export type HealthStatus = 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN'
export type NetworkMode = 'bridge' | 'awsvpc' | 'host'
export type NameValue = { readonly name: string; readonly value: string }

export type PortMapping = {
  readonly containerPort: number
  readonly hostPort: number
  readonly protocol: 'tcp'
  readonly name?: string
}

export type ContainerDefinition = {
  readonly name: string
  readonly image: string
  readonly essential: boolean
  readonly cpu: number
  readonly memory: number
  readonly portMappings: readonly PortMapping[]
  readonly environment: readonly NameValue[]
  readonly dockerLabels: Readonly<Record<string, string>>
  readonly healthCheck?: {
    readonly command: readonly string[]
    readonly interval: number
    readonly timeout: number
    readonly retries: number
  }
}

export type TaskDefinition = {
  readonly taskDefinitionArn: string
  readonly family: string
  readonly revision: number
  readonly status: 'ACTIVE'
  /** Absent means bridge, as ECS answers for definitions that name none. */
  readonly networkMode?: NetworkMode
  readonly containerDefinitions: readonly ContainerDefinition[]
}

export type NetworkBinding = {
  readonly bindIP: string
  readonly containerPort: number
  readonly hostPort: number
  readonly protocol: string
}

export type ContainerRecord = {
  readonly arn: string
  readonly definition: ContainerDefinition
  readonly lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED'
  readonly runtimeId?: string
  readonly networkBindings: readonly NetworkBinding[]
  readonly exitCode?: number
  readonly reason?: string
  /** Known to the API only: events don't carry it, and a change of it is no change of state. */
  readonly healthStatus: HealthStatus
  readonly pid?: number
}

export type EniAttachment = {
  readonly id: string
  readonly status: 'PRECREATED' | 'ATTACHING' | 'ATTACHED' | 'DELETED'
  readonly privateIp?: string
}

export type ContainerOverride = { readonly name: string; readonly environment?: readonly NameValue[] }

/**
 * All that ECS knows of one task. Times are milliseconds; the two outer shapes write them in their own ways.
 */
export type TaskRecord = {
  readonly id: string
  readonly arn: string
  readonly clusterArn: string
  readonly definition: TaskDefinition
  readonly containerInstanceArn?: string
  readonly availabilityZone: string
  readonly launchType: 'EC2' | 'FARGATE'
  readonly group: string
  readonly startedBy?: string
  readonly service?: string
  /** The N of "Hello World from node<N>". */
  readonly nodeNumber: number
  readonly desiredStatus: 'RUNNING' | 'STOPPED'
  readonly lastStatus: TaskStatus
  readonly version: number
  readonly containers: readonly ContainerRecord[]
  readonly attachment?: EniAttachment
  readonly overrides: readonly ContainerOverride[]
  readonly stopCode?: string
  readonly stoppedReason?: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly pullStartedAt?: number
  readonly pullStoppedAt?: number
  readonly startedAt?: number
  readonly stoppingAt?: number
  readonly executionStoppedAt?: number
  readonly stoppedAt?: number
}

export type ContainerInstance = {
  readonly arn: string
  readonly ec2InstanceId: string
  readonly privateIp: string
  readonly availabilityZone: string
  readonly clusterArn: string
  readonly status: 'ACTIVE' | 'DRAINING' | 'INACTIVE'
  readonly agentConnected: boolean
  readonly version: number
}

export type ServiceRecord = {
  readonly name: string
  readonly arn: string
  readonly clusterArn: string
  readonly desiredCount: number
  readonly deploymentId: string
  readonly definition: TaskDefinition
  readonly createdAt: number
  /** Tasks in a row that ended before they ran: the scheduler waits longer after each. */
  readonly failures: number
  readonly notBefore: number
}

/** The task's health as ECS sums it up: of the essential containers that have a health check. */
export function healthOf(task: TaskRecord): HealthStatus {
  const checked = task.containers.filter(({ definition }) => definition.essential && definition.healthCheck)
  if (checked.some(({ healthStatus }) => healthStatus === 'UNHEALTHY')) return 'UNHEALTHY'
  return checked.length > 0 && checked.every(({ healthStatus }) => healthStatus === 'HEALTHY')
    ? 'HEALTHY'
    : 'UNKNOWN'
}

export const hasHealthCheck = (task: TaskRecord): boolean =>
  task.containers.some(({ definition }) => definition.healthCheck !== undefined)

/** The last part of an ARN; an id comes back as it is. */
export const idOf = (arnOrId: string): string => arnOrId.slice(arnOrId.lastIndexOf('/') + 1)
