import { constants } from 'node:os'
import { join } from 'node:path'
import type { ContainerDefinition, TaskRecord } from './model.ts'
import type { Plane } from './plane.ts'

/** The local process that plays one container. */
export type TaskProcess = {
  readonly pid: number
  /** Where each container port listens; undefined if the process ended before it listened. */
  readonly listening: Promise<Readonly<Record<string, number>> | undefined>
  /** The exit code as Docker gives it: 128 + the signal's number for a process that a signal ended. */
  readonly exited: Promise<number>
  /** What it said last, to explain a failure. */
  lastWords(): string
  signal(signal: 'SIGTERM' | 'SIGKILL'): void
}

const program = join(import.meta.dirname, '../../demo-task/server.mjs')

export async function startTaskProcess(
  plane: Plane,
  task: TaskRecord,
  container: ContainerDefinition,
): Promise<TaskProcess> {
  const listening = Promise.withResolvers<Readonly<Record<string, number>> | undefined>()
  const child = await plane.startProcess({
    name: `node${task.nodeNumber} (${container.name} of task ${task.id.slice(0, 8)})`,
    command: process.execPath,
    args: [program],
    env: environmentOf(plane, task, container),
    onLine: (line) => {
      const ports = parseListening(line)
      if (ports !== undefined) listening.resolve(ports)
    },
  })
  const exited = child.exited.then(({ code, signal }) => code ?? 128 + constants.signals[signal ?? 'SIGKILL'])
  void exited.then(() => listening.resolve(undefined))
  return {
    pid: child.pid,
    listening: listening.promise,
    exited,
    lastWords: () => child.output().join('\n'),
    signal: (signal) => void child.signal(signal),
  }
}

/**
 * The definition's environment, then the run's overrides; what the control plane itself sets can't be
 * overridden.
 */
function environmentOf(
  plane: Plane,
  task: TaskRecord,
  container: ContainerDefinition,
): Record<string, string> {
  const override = task.overrides.find(({ name }) => name === container.name)?.environment ?? []
  const given = [...container.environment, ...override].map(({ name, value }) => [name, value] as const)
  const ports = container.portMappings.map(({ containerPort, hostPort }) => `${containerPort}=${hostPort}`)
  return {
    GRACE: String(plane.graceSeconds),
    ...Object.fromEntries(given),
    NODE_NAME: `node${task.nodeNumber}`,
    TASK_ID: task.id,
    // A container without ports (a sidecar) still needs something to keep it alive.
    PORTS: ports.length > 0 ? ports.join(',') : '0=0',
    LISTEN_ADDRESS: task.attachment?.privateIp ?? '127.0.0.1',
  }
}

function parseListening(line: string): Record<string, number> | undefined {
  if (!line.startsWith('{"listening":')) return undefined
  return (JSON.parse(line) as { listening: Record<string, number> }).listening
}
