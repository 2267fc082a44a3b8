import type { Child, ChildOptions } from '../../processes/child.ts'
import type { AwsEvent } from '../events/event-bus.ts'
import { taskStateEvent } from './event-shape.ts'
import type { ContainerInstance, ServiceRecord, TaskDefinition, TaskRecord } from './model.ts'
import type { TaskProcess } from './task-process.ts'
import { advance } from './task-record.ts'

/**
 * How long each step of a task's life takes, in milliseconds. `activatingMs` and `deactivatingMs` of null skip
 * that state, as ECS mostly does.
 */
export type Timings = {
  readonly provisionMs: number
  readonly activatingMs: number | null
  readonly deactivatingMs: number | null
  /** From `desiredStatus` STOPPED to SIGTERM. */
  readonly stopDelayMs: number
  /** From SIGTERM to SIGKILL. */
  readonly stopTimeoutMs: number
  readonly deprovisionMs: number
  readonly healthIntervalMs: number
  /**
   * How long a new task must have been running before a deployment stops an old one for it. ECS too takes some
   * seconds to find its new tasks steady; a proxy learns of them meanwhile.
   */
  readonly settleMs: number
  /** How long the scheduler waits after a task that never ran; doubled after each further one. */
  readonly restartDelayMs: number
  /** How long nobody notices that the tasks of a lost host have stopped. */
  readonly hostLossMs: number
  /** How long stopped tasks can still be described. */
  readonly stoppedRetentionMs: number
}

export const defaultTimings: Timings = {
  provisionMs: 10,
  activatingMs: null,
  deactivatingMs: null,
  stopDelayMs: 0,
  stopTimeoutMs: 30_000,
  deprovisionMs: 10,
  healthIntervalMs: 1000,
  settleMs: 2000,
  restartDelayMs: 250,
  hostLossMs: 1000,
  stoppedRetentionMs: 3_600_000,
}

/** Starts a program; `start` of an open process registry is one, and so is `startChild`. */
export type StartProcess = (
  options: ChildOptions,
) => Promise<Pick<Child, 'pid' | 'exited' | 'signal' | 'output'>>

/** A task's running side: its processes, and how its life learns of a stop. */
export type Runtime = {
  /** How many tasks were started before this one. */
  readonly ordinal: number
  readonly processes: Map<string, TaskProcess>
  readonly stopRequested: PromiseWithResolvers<void>
  readonly ended: AbortController
}

export type PlaneSettings = {
  readonly account: string
  readonly region: string
  readonly graceSeconds: number
  readonly timings: Timings
  readonly startProcess: StartProcess
  /** The address of an awsvpc task, by how many tasks were started before it. */
  readonly eniAddress: (taskNumber: number) => string
  readonly now: () => number
}

/** The state of the control plane. All changes of tasks go through `change` and `note`. */
export type Plane = PlaneSettings & {
  readonly clusters: Map<string, string>
  readonly definitions: Map<string, TaskDefinition>
  readonly services: Map<string, ServiceRecord>
  readonly instances: Map<string, ContainerInstance>
  readonly tasks: Map<string, TaskRecord>
  readonly runtimes: Map<string, Runtime>
  readonly lives: Set<Promise<void>>
  readonly closed: AbortController
  readonly listeners: Set<(event: AwsEvent) => void>
  /** Called whenever something changed that the service scheduler looks at. */
  wake(): void
  /** Tasks that the API answers MISSING for, whatever they do. */
  readonly forgotten: Set<string>
  started: number
}

/** Moves a task on: one version higher, with its event. */
export function change(plane: Plane, id: string, changes: Partial<TaskRecord>): TaskRecord {
  const task = advance(taskOf(plane, id), changes, plane.now())
  plane.tasks.set(id, task)
  emit(plane, taskStateEvent(task))
  plane.wake()
  return task
}

/** Notes what is no change of state: health. Neither version nor event. */
export function note(plane: Plane, id: string, changes: Partial<TaskRecord>): void {
  plane.tasks.set(id, { ...taskOf(plane, id), ...changes })
  plane.wake()
}

export function emit(plane: Plane, event: AwsEvent): void {
  for (const listener of plane.listeners) listener(event)
}

export function taskOf(plane: Plane, id: string): TaskRecord {
  const task = plane.tasks.get(id)
  if (task === undefined) throw new Error(`there is no task ${id}`)
  return task
}

/**
 * All tasks that can be described: those that stopped long ago are forgotten, as ECS does after about an hour.
 */
export function visibleTasks(plane: Plane): TaskRecord[] {
  const oldest = plane.now() - plane.timings.stoppedRetentionMs
  for (const [id, task] of plane.tasks) {
    if (task.stoppedAt !== undefined && task.stoppedAt < oldest) plane.tasks.delete(id)
  }
  return [...plane.tasks.values()].filter(({ id }) => !plane.forgotten.has(id))
}
