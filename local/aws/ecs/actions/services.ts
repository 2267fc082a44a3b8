import { seconds } from '../api-shape.ts'
import { idOf, type ServiceRecord, type TaskRecord } from '../model.ts'
import { inService } from '../plan-service.ts'
import type { Plane } from '../plane.ts'
import { findService, updateService } from '../services.ts'
import { clusterOf, flagOf, type Input, identifiersOf, numberOf, pageOf, textOf } from './input.ts'
import { findDefinition } from './task-definitions.ts'

export function listServices(plane: Plane, input: Input) {
  const clusterArn = clusterOf(plane, input)
  const services = [...plane.services.values()].filter((service) => service.clusterArn === clusterArn)
  const { page, ...rest } = pageOf(
    input,
    services.map(({ arn }) => arn),
    100,
  )
  return { serviceArns: page, ...rest }
}

/** DescribeServices of up to 10. */
export function describeServices(plane: Plane, input: Input) {
  const clusterArn = clusterOf(plane, input)
  const prefix = `${clusterArn.replace(':cluster/', ':service/')}/`
  const found = identifiersOf(input, 'services', 10).map((reference) => ({
    arn: `${prefix}${idOf(reference)}`,
    service: plane.services.get(`${prefix}${idOf(reference)}`),
  }))
  return {
    services: found.flatMap(({ service }) => (service === undefined ? [] : [apiService(plane, service)])),
    failures: found.flatMap(({ arn, service }) =>
      service === undefined ? [{ arn, reason: 'MISSING' }] : [],
    ),
  }
}

export function updateServiceAction(plane: Plane, input: Input) {
  const service = findService(plane, clusterOf(plane, input), textOf(input, 'service') ?? '')
  const reference = textOf(input, 'taskDefinition')
  const updated = updateService(plane, service, {
    desiredCount: numberOf(input, 'desiredCount'),
    definition: reference === undefined ? undefined : findDefinition(plane, reference),
    forceNewDeployment: flagOf(input, 'forceNewDeployment'),
  })
  return { service: apiService(plane, updated) }
}

function apiService(plane: Plane, service: ServiceRecord) {
  const tasks = [...plane.tasks.values()].filter((task) => task.service === service.name)
  const deployments = deploymentsOf(service, tasks)
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.clusterArn,
    status: 'ACTIVE',
    desiredCount: service.desiredCount,
    runningCount: count(tasks, 'RUNNING'),
    pendingCount: count(tasks, 'PENDING'),
    taskDefinition: service.definition.taskDefinitionArn,
    launchType: service.definition.networkMode === 'awsvpc' ? 'FARGATE' : 'EC2',
    deploymentConfiguration: { maximumPercent: 200, minimumHealthyPercent: 100 },
    deployments,
    events: [],
    createdAt: seconds(service.createdAt),
    schedulingStrategy: 'REPLICA',
  }
}

function deploymentsOf(service: ServiceRecord, tasks: readonly TaskRecord[]) {
  const older = new Set(
    tasks.filter((task) => task.lastStatus !== 'STOPPED').map((task) => task.startedBy ?? ''),
  )
  older.delete(service.deploymentId)
  const mine = tasks.filter((task) => task.startedBy === service.deploymentId)
  const isComplete = older.size === 0 && mine.filter(inService).length === service.desiredCount
  const primary = {
    id: service.deploymentId,
    status: 'PRIMARY',
    taskDefinition: service.definition.taskDefinitionArn,
    desiredCount: service.desiredCount,
    runningCount: count(mine, 'RUNNING'),
    pendingCount: count(mine, 'PENDING'),
    createdAt: seconds(service.createdAt),
    rolloutState: isComplete ? 'COMPLETED' : 'IN_PROGRESS',
  }
  return [primary, ...[...older].map((id) => activeDeployment(id, tasks))]
}

function activeDeployment(id: string, tasks: readonly TaskRecord[]) {
  const own = tasks.filter((task) => task.startedBy === id)
  const taskDefinition = own[0]?.definition.taskDefinitionArn
  return {
    id,
    status: 'ACTIVE',
    taskDefinition,
    desiredCount: 0,
    runningCount: count(own, 'RUNNING'),
    pendingCount: 0,
  }
}

/** ECS counts a task as running by its last status, and as pending before that. */
function count(tasks: readonly TaskRecord[], what: 'RUNNING' | 'PENDING'): number {
  const statuses = what === 'RUNNING' ? ['RUNNING'] : ['PROVISIONING', 'PENDING', 'ACTIVATING']
  return tasks.filter((task) => statuses.includes(task.lastStatus)).length
}
