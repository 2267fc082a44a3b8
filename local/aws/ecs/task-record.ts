import { randomBytes, randomUUID } from 'node:crypto'
import type { ContainerOverride, ContainerRecord, TaskDefinition, TaskRecord } from './model.ts'

export type NewTask = {
  readonly clusterArn: string
  readonly definition: TaskDefinition
  readonly nodeNumber: number
  readonly now: number
  readonly id?: string
  readonly group?: string
  readonly startedBy?: string
  readonly service?: string
  readonly containerInstanceArn?: string
  readonly availabilityZone?: string
  readonly overrides?: readonly ContainerOverride[]
}

/** A task as ECS first makes it: PROVISIONING, version 1. Without a container instance it runs on Fargate. */
export function newTask(given: NewTask): TaskRecord {
  const { clusterArn, definition, now, nodeNumber, service, startedBy, containerInstanceArn } = given
  const id = given.id ?? randomBytes(16).toString('hex')
  const scope = clusterArn.replace(':cluster/', ':task/')
  const { networkMode, containerDefinitions } = definition
  return {
    id,
    arn: `${scope}/${id}`,
    clusterArn,
    definition,
    availabilityZone: given.availabilityZone ?? `${clusterArn.split(':')[3]}a`,
    launchType: containerInstanceArn === undefined ? 'FARGATE' : 'EC2',
    group: given.group ?? (service === undefined ? `family:${definition.family}` : `service:${service}`),
    nodeNumber,
    desiredStatus: 'RUNNING',
    lastStatus: 'PROVISIONING',
    version: 1,
    containers: containerDefinitions.map((container) => newContainer(container, scope, id)),
    overrides: given.overrides ?? [],
    createdAt: now,
    updatedAt: now,
    ...(networkMode === 'awsvpc' ? { attachment: { id: randomUUID(), status: 'PRECREATED' as const } } : {}),
    ...(containerInstanceArn === undefined ? {} : { containerInstanceArn }),
    ...(service === undefined ? {} : { service }),
    ...(startedBy === undefined ? {} : { startedBy }),
  }
}

/** The next state of a task: one version higher. */
export function advance(task: TaskRecord, changes: Partial<TaskRecord>, now: number): TaskRecord {
  return { ...task, ...changes, version: task.version + 1, updatedAt: now }
}

function newContainer(
  definition: ContainerRecord['definition'],
  scope: string,
  taskId: string,
): ContainerRecord {
  return {
    arn: `${scope.replace(':task/', ':container/')}/${taskId}/${randomUUID()}`,
    definition,
    lastStatus: 'PENDING',
    networkBindings: [],
    healthStatus: 'UNKNOWN',
  }
}
