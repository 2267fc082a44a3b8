import { EcsError, invalidParameter } from './errors.ts'
import { taskStateEvent } from './event-shape.ts'
import { liveTask } from './lifecycle.ts'
import {
  type ContainerInstance,
  type ContainerOverride,
  idOf,
  type TaskDefinition,
  type TaskRecord,
} from './model.ts'
import { change, emit, type Plane, type Runtime, visibleTasks } from './plane.ts'
import { newTask } from './task-record.ts'

export type StartTask = {
  readonly clusterArn: string
  readonly definition: TaskDefinition
  readonly service?: string
  readonly startedBy?: string
  readonly group?: string
  readonly overrides?: readonly ContainerOverride[]
}

/** Places a task and starts its life; the first event, PROVISIONING, goes out before this returns. */
export function startTask(plane: Plane, given: StartTask): TaskRecord {
  const instance = needsHost(given.definition) ? placeTask(plane, given.clusterArn) : undefined
  const nodeNumber = freeNumber(plane, given.service ?? given.definition.family)
  const place =
    instance === undefined
      ? {}
      : { containerInstanceArn: instance.arn, availabilityZone: instance.availabilityZone }
  const task = newTask({ ...given, ...place, nodeNumber, now: plane.now() })
  const runtime: Runtime = {
    ordinal: plane.started,
    processes: new Map(),
    stopRequested: Promise.withResolvers<void>(),
    ended: new AbortController(),
  }
  plane.started += 1
  plane.tasks.set(task.id, task)
  plane.runtimes.set(task.id, runtime)
  emit(plane, taskStateEvent(task))
  const life = liveTask(plane, task.id, runtime).finally(() => {
    plane.lives.delete(life)
    plane.runtimes.delete(task.id)
    plane.wake()
  })
  plane.lives.add(life)
  return task
}

/**
 * Asks a task to stop: its desired status, with its event, changes before this returns. Asking again changes
 * nothing.
 */
export function stopTask(
  plane: Plane,
  task: TaskRecord,
  stopCode: string,
  stoppedReason: string,
): TaskRecord {
  if (task.desiredStatus === 'STOPPED') return task
  const stopped = change(plane, task.id, {
    desiredStatus: 'STOPPED',
    stopCode,
    stoppedReason,
    stoppingAt: plane.now(),
  })
  plane.runtimes.get(task.id)?.stopRequested.resolve()
  return stopped
}

/** Kills a task's processes, as a crash would. */
export function crashTask(plane: Plane, task: TaskRecord): void {
  for (const process of plane.runtimes.get(task.id)?.processes.values() ?? []) process.signal('SIGKILL')
}

/**
 * Finds a task by ARN, id, the beginning of an id, or the name of its node where only one task that isn't
 * stopped has it.
 */
export function findTask(plane: Plane, reference: string): TaskRecord {
  const id = idOf(reference)
  const all = visibleTasks(plane)
  const exact = plane.tasks.get(id)
  if (exact !== undefined) return exact
  const matches = all.filter(
    (task) => task.id.startsWith(id) || (`node${task.nodeNumber}` === id && task.lastStatus !== 'STOPPED'),
  )
  const [only, ...others] = matches
  if (only === undefined) throw invalidParameter(`The referenced task was not found: ${reference}`)
  if (others.length > 0)
    throw invalidParameter(
      `${reference} names ${matches.length} tasks: ${matches.map((task) => task.id).join(', ')}`,
    )
  return only
}

/** Fargate runs awsvpc tasks; the other modes need a host. */
function needsHost(definition: TaskDefinition): boolean {
  return definition.networkMode !== 'awsvpc'
}

/** The usable instance with the fewest tasks. */
function placeTask(plane: Plane, clusterArn: string): ContainerInstance {
  const load = (instance: ContainerInstance): number =>
    [...plane.tasks.values()].filter(
      (task) => task.containerInstanceArn === instance.arn && task.lastStatus !== 'STOPPED',
    ).length
  const usable = [...plane.instances.values()].filter(
    (instance) => instance.clusterArn === clusterArn && instance.status === 'ACTIVE',
  )
  const [best] = usable.toSorted((a, b) => load(a) - load(b))
  if (best === undefined)
    throw new EcsError('InvalidParameterException', 'No Container Instances were found in your cluster.')
  return best
}

/**
 * The lowest number that no living process of the group answers with, so that three tasks are node1, node2,
 * node3. A crashed task's number is free at once; one that still serves out its grace time keeps it.
 */
function freeNumber(plane: Plane, group: string): number {
  const isAlive = (task: TaskRecord): boolean =>
    task.containers.some(({ lastStatus }) => lastStatus !== 'STOPPED')
  const taken = new Set(
    [...plane.tasks.values()]
      .filter((task) => (task.service ?? task.definition.family) === group && isAlive(task))
      .map((task) => task.nodeNumber),
  )
  let number = 1
  while (taken.has(number)) number += 1
  return number
}
