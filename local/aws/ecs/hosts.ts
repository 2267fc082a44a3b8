import { request } from 'node:http'
import { addressOf } from './address.ts'
import { invalidParameter } from './errors.ts'
import { containerInstanceEvent, instanceStateEvent } from './event-shape.ts'
import type { ContainerInstance, TaskRecord } from './model.ts'
import { emit, type Plane } from './plane.ts'
import { crashTask } from './tasks.ts'

/**
 * A host goes at once, with all its processes. EC2 and the container instance say so; that its tasks have
 * stopped is noticed only `hostLossMs` later, as nobody on that host can report it.
 */
export function loseInstance(plane: Plane, ec2InstanceId: string): ContainerInstance {
  const instance = [...plane.instances.values()].find(
    (candidate) => candidate.ec2InstanceId === ec2InstanceId,
  )
  if (instance === undefined) throw invalidParameter(`there is no instance ${ec2InstanceId}`)
  const lost = {
    ...instance,
    status: 'INACTIVE' as const,
    agentConnected: false,
    version: instance.version + 1,
  }
  plane.instances.set(instance.arn, lost)
  for (const task of plane.tasks.values()) if (task.containerInstanceArn === lost.arn) crashTask(plane, task)
  for (const state of ['shutting-down', 'terminated'])
    emit(plane, instanceStateEvent(lost, state, plane.now()))
  emit(plane, containerInstanceEvent(lost, plane.now()))
  return lost
}

/** Makes the task's own health check answer well or badly from now on. */
export async function setHealthy(task: TaskRecord, healthy: boolean): Promise<void> {
  const targets = task.containers.flatMap((container) => addressOf(task, container) ?? [])
  await Promise.all(targets.map((target) => put(target, `/health?healthy=${healthy}`)))
}

function put(target: { host: string; port: number }, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...target, path, method: 'PUT', agent: false }, (response) => {
      response.resume().once('end', resolve)
    })
    sent.once('error', reject).end()
  })
}
