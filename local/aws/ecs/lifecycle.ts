import { setTimeout as delay } from 'node:timers/promises'
import { explain } from '../../../core/errors.ts'
import { probeHealth } from './health-probe.ts'
import type { ContainerRecord, TaskRecord } from './model.ts'
import { change, type Plane, type Runtime, taskOf } from './plane.ts'
import { startTaskProcess } from './task-process.ts'

/**
 * Lives one task's life, from PROVISIONING to STOPPED. Ends early, without a word, when the control plane
 * closes.
 */
export async function liveTask(plane: Plane, id: string, runtime: Runtime): Promise<void> {
  try {
    await pause(plane, plane.timings.provisionMs)
    if (!isStopping(plane, id)) await bringUp(plane, id, runtime)
    if (taskOf(plane, id).lastStatus === 'RUNNING') await endOf(plane, id, runtime)
    runtime.ended.abort()
    await takeDown(plane, id, runtime)
  } catch (error) {
    if (!plane.closed.signal.aborted) throw error
  } finally {
    runtime.ended.abort()
  }
}

async function bringUp(plane: Plane, id: string, runtime: Runtime): Promise<void> {
  const { attachment } = taskOf(plane, id)
  const pullStartedAt = plane.now()
  if (attachment === undefined) change(plane, id, { lastStatus: 'PENDING', pullStartedAt })
  else {
    change(plane, id, { lastStatus: 'PENDING', attachment: { ...attachment, status: 'ATTACHING' } })
    const privateIp = plane.eniAddress(runtime.ordinal)
    change(plane, id, { attachment: { ...attachment, status: 'ATTACHED', privateIp }, pullStartedAt })
  }
  const containers = await startContainers(plane, id, runtime).catch((error) => failToStart(plane, id, error))
  if (containers === undefined || isStopping(plane, id)) return
  const pullStoppedAt = plane.now()
  if (plane.timings.activatingMs !== null) {
    change(plane, id, { lastStatus: 'ACTIVATING', containers, pullStoppedAt })
    await pause(plane, plane.timings.activatingMs)
    if (isStopping(plane, id)) return
  }
  change(plane, id, { lastStatus: 'RUNNING', containers, pullStoppedAt, startedAt: plane.now() })
  setTimeout(plane.wake, plane.timings.settleMs + 1).unref()
  void probeHealth(plane, id, runtime.ended.signal)
}

/** Starts all processes; undefined if one ended before it listened. */
async function startContainers(
  plane: Plane,
  id: string,
  { processes }: Runtime,
): Promise<ContainerRecord[] | undefined> {
  const task = taskOf(plane, id)
  for (const { definition } of task.containers) {
    const process = await startTaskProcess(plane, task, definition)
    processes.set(definition.name, process)
    // Closing kills what it knows of; a process that was just being started is not yet among it.
    if (plane.closed.signal.aborted) process.signal('SIGKILL')
  }
  const running = await Promise.all(
    task.containers.map(async (container) => {
      const process = processes.get(container.definition.name)
      const ports = await process?.listening
      if (process === undefined || ports === undefined) return undefined
      const runtimeId = `${id}-${process.pid}`
      const networkBindings = bindingsOf(task, container, ports)
      return { ...container, lastStatus: 'RUNNING' as const, runtimeId, pid: process.pid, networkBindings }
    }),
  )
  const listening = running.flatMap((container) => container ?? [])
  return listening.length === running.length ? listening : undefined
}

/** A program that can't be started is to ECS what an image that can't be pulled is. */
function failToStart(plane: Plane, id: string, error: unknown): undefined {
  if (plane.closed.signal.aborted || isStopping(plane, id)) return
  change(plane, id, {
    desiredStatus: 'STOPPED',
    stoppingAt: plane.now(),
    stopCode: 'TaskFailedToStart',
    stoppedReason: explain(error),
  })
}

/** Bridge mode alone has bindings; Docker repeats each for IPv6. */
function bindingsOf(
  task: TaskRecord,
  { definition }: ContainerRecord,
  ports: Readonly<Record<string, number>>,
): ContainerRecord['networkBindings'] {
  if ((task.definition.networkMode ?? 'bridge') !== 'bridge') return []
  return definition.portMappings.flatMap(({ containerPort, protocol }) =>
    ['0.0.0.0', '::'].map((bindIP) => ({
      bindIP,
      containerPort,
      hostPort: ports[containerPort] ?? 0,
      protocol,
    })),
  )
}

/**
 * Waits for a stop or for the end of an essential container. Nobody hears of that end at once if the host went
 * with it.
 */
async function endOf(plane: Plane, id: string, { processes, stopRequested }: Runtime): Promise<void> {
  const { containers, containerInstanceArn } = taskOf(plane, id)
  const essential = containers.filter(({ definition }) => definition.essential)
  const ends = essential.flatMap(({ definition }) => processes.get(definition.name)?.exited ?? [])
  await Promise.race([stopRequested.promise, ...ends])
  if (plane.closed.signal.aborted) throw plane.closed.signal.reason
  if (plane.instances.get(containerInstanceArn ?? '')?.status === 'INACTIVE')
    await pause(plane, plane.timings.hostLossMs)
}

async function takeDown(plane: Plane, id: string, runtime: Runtime): Promise<void> {
  const { timings } = plane
  if (plane.closed.signal.aborted) throw plane.closed.signal.reason
  if (!isStopping(plane, id)) await failTask(plane, id, runtime)
  else if (runtime.processes.size > 0) {
    await pause(plane, timings.stopDelayMs)
    if (timings.deactivatingMs !== null && taskOf(plane, id).lastStatus === 'RUNNING') {
      change(plane, id, { lastStatus: 'DEACTIVATING' })
      await pause(plane, timings.deactivatingMs)
    }
    change(plane, id, { lastStatus: 'STOPPING' })
  }
  const containers = await endProcesses(plane, id, runtime)
  change(plane, id, { lastStatus: 'DEPROVISIONING', containers, executionStoppedAt: plane.now() })
  await pause(plane, timings.deprovisionMs)
  const { attachment } = taskOf(plane, id)
  const detached =
    attachment === undefined ? {} : { attachment: { ...attachment, status: 'DELETED' as const } }
  change(plane, id, { lastStatus: 'STOPPED', stoppedAt: plane.now(), ...detached })
}

/** What ECS makes of an essential container that ended by itself: the rest of the task is stopped too. */
async function failTask(plane: Plane, id: string, runtime: Runtime): Promise<void> {
  const containers = await Promise.all(
    taskOf(plane, id).containers.map(async (container) => {
      const ended = runtime.processes.get(container.definition.name)?.exited
      const exitCode = await Promise.race([ended ?? Promise.resolve(undefined), delay(0)])
      return exitCode === undefined ? container : { ...container, lastStatus: 'STOPPED' as const, exitCode }
    }),
  )
  change(plane, id, {
    lastStatus: 'STOPPING',
    desiredStatus: 'STOPPED',
    containers,
    stoppingAt: plane.now(),
    stopCode: 'EssentialContainerExited',
    stoppedReason: stoppedReasonOf(plane, id),
  })
}

async function endProcesses(plane: Plane, id: string, { processes }: Runtime): Promise<ContainerRecord[]> {
  for (const process of processes.values()) process.signal('SIGTERM')
  const kill = setTimeout(() => {
    for (const process of processes.values()) process.signal('SIGKILL')
  }, plane.timings.stopTimeoutMs)
  const containers = taskOf(plane, id).containers.map(async (container) => {
    const exitCode = await processes.get(container.definition.name)?.exited
    const ended = { ...container, lastStatus: 'STOPPED' as const }
    return exitCode === undefined ? ended : { ...ended, exitCode }
  })
  const stopped = await Promise.all(containers).finally(() => clearTimeout(kill))
  if (plane.closed.signal.aborted) throw plane.closed.signal.reason
  return stopped
}

function stoppedReasonOf(plane: Plane, id: string): string {
  const instance = plane.instances.get(taskOf(plane, id).containerInstanceArn ?? '')
  if (instance?.status === 'INACTIVE') return `Host EC2 (instance ${instance.ec2InstanceId}) terminated.`
  return 'Essential container in task exited'
}

function isStopping(plane: Plane, id: string): boolean {
  return taskOf(plane, id).desiredStatus === 'STOPPED'
}

async function pause(plane: Plane, ms: number): Promise<void> {
  if (ms > 0) await delay(ms, undefined, { signal: plane.closed.signal })
  if (plane.closed.signal.aborted) throw plane.closed.signal.reason
}
