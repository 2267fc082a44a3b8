import { type ContainerRecord, hasHealthCheck, healthOf, type TaskRecord } from './model.ts'
import { commonShape, containerShape, timesOf } from './task-shape.ts'

/**
 * A task as DescribeTasks answers it: epoch seconds, attachment type `ElasticNetworkInterface`, and health
 * where a check is declared.
 */
export function apiTask(task: TaskRecord) {
  const { updatedAt, ...times } = task
  return {
    ...commonShape(task, 'ElasticNetworkInterface'),
    connectivity: 'CONNECTED',
    connectivityAt: seconds(task.createdAt),
    containers: task.containers.map((container) => apiContainer(container, task)),
    healthStatus: hasHealthCheck(task) ? healthOf(task) : 'UNKNOWN',
    tags: [],
    ...(task.launchType === 'FARGATE'
      ? { platformVersion: '1.4.0', ephemeralStorage: { sizeInGiB: 20 } }
      : {}),
    ...timesOf(times, seconds),
  }
}

function apiContainer(container: ContainerRecord, task: TaskRecord) {
  const { definition, healthStatus } = container
  return {
    ...containerShape(container, task),
    ...(definition.healthCheck === undefined ? { healthStatus: 'UNKNOWN' } : { healthStatus }),
  }
}

export function seconds(ms: number): number {
  return ms / 1000
}
