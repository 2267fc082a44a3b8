import { serviceId } from '../catalog/entry.ts'
import type { TaskDefinition } from './definition.ts'
import type { Endpoint } from './ports.ts'
import type { Task } from './task.ts'
import { hasPortWord, serviceWord, type Words } from './words.ts'

/** The ECS service, else the family of the task definition. */
export function defaultName(task: Task, definition: TaskDefinition): string {
  return /^service:(.+)$/.exec(task.group)?.[1] ?? definition.family
}

/**
 * The service name of one port. A name that is set for this port alone is taken as it is; any other gets `-<port>` where the
 * container has several ports, so that they don't become one service.
 */
export function serviceName(
  words: Words,
  endpoint: Endpoint,
  several: boolean,
  fallback: string,
  prefix: string,
): string {
  const { containerPort } = endpoint
  const name = serviceWord(words, containerPort, 'NAME')?.trim() || fallback
  const literal = !several || hasPortWord(words, containerPort, 'NAME')
  return prefix + (literal ? name : `${name}-${containerPort}`)
}

/** `SERVICE_ID` replaces the service's part only: a bare id would merge the tasks of the shared node. */
export function instanceId(
  words: Words,
  endpoint: Endpoint,
  service: string,
  task: Task,
  container: string,
): string {
  const base = serviceWord(words, endpoint.containerPort, 'ID')?.trim() || service
  return serviceId(base, task.key.taskId, container, endpoint.containerPort, endpoint.protocol)
}
