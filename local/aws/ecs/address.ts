import type { ContainerRecord, TaskRecord } from './model.ts'

/** Where a container port of a running task can be reached. */
export function addressOf(
  task: TaskRecord,
  container: ContainerRecord,
): { host: string; port: number } | undefined {
  const port = container.networkBindings[0]?.hostPort ?? container.definition.portMappings[0]?.containerPort
  return port === undefined ? undefined : { host: task.attachment?.privateIp ?? '127.0.0.1', port }
}
