import { randomInt } from 'node:crypto'
import { EcsError, invalidParameter } from './errors.ts'
import { healthOf, idOf, type ServiceRecord, type TaskDefinition, type TaskRecord } from './model.ts'
import { planService } from './plan-service.ts'
import type { Plane } from './plane.ts'
import { startTask, stopTask } from './tasks.ts'

const longestRestartDelayMs = 30_000
const failureCodes = new Set(['EssentialContainerExited', 'TaskFailedToStart'])

export type NewService = {
  readonly name: string
  readonly clusterArn: string
  readonly definition: TaskDefinition
  readonly desiredCount: number
}

export function createService(plane: Plane, given: NewService): ServiceRecord {
  checkCount(given.desiredCount)
  const arn = `${given.clusterArn.replace(':cluster/', ':service/')}/${given.name}`
  if (plane.services.has(arn))
    throw invalidParameter(`Creation of service was not idempotent: ${given.name} exists`)
  const service = {
    ...given,
    arn,
    deploymentId: deploymentId(),
    createdAt: plane.now(),
    failures: 0,
    notBefore: 0,
  }
  plane.services.set(arn, service)
  plane.wake()
  return service
}

/** Changes the count, or begins a deployment: of another revision, or of the same one by force. */
export function updateService(
  plane: Plane,
  service: ServiceRecord,
  changes: {
    desiredCount?: number | undefined
    definition?: TaskDefinition | undefined
    forceNewDeployment?: boolean | undefined
  },
): ServiceRecord {
  const { desiredCount = service.desiredCount, definition = service.definition, forceNewDeployment } = changes
  checkCount(desiredCount)
  const isNew =
    forceNewDeployment === true || definition.taskDefinitionArn !== service.definition.taskDefinitionArn
  const deployment = isNew
    ? { deploymentId: deploymentId(), createdAt: plane.now(), failures: 0, notBefore: 0 }
    : {}
  const updated = { ...service, desiredCount, definition, ...deployment }
  plane.services.set(service.arn, updated)
  plane.wake()
  return updated
}

/** By name or ARN. */
export function findService(plane: Plane, clusterArn: string, reference: string): ServiceRecord {
  const service = plane.services.get(`${clusterArn.replace(':cluster/', ':service/')}/${idOf(reference)}`)
  if (service === undefined) throw new EcsError('ServiceNotFoundException', `Service not found: ${reference}`)
  return service
}

/**
 * Brings every service closer to what it should be. Called after every change, it only ever does the next step.
 */
export function schedule(plane: Plane): void {
  for (const service of plane.services.values()) {
    const counted = countFailures(plane, service)
    const plan = planService(counted, [...plane.tasks.values()], plane.now() - plane.timings.settleMs)
    for (const task of plan.stop) stopTask(plane, task, 'ServiceSchedulerInitiated', reasonOf(task, counted))
    const waitMs = counted.notBefore - plane.now()
    if (plan.start > 0 && waitMs > 0) setTimeout(plane.wake, waitMs).unref()
    else startTasks(plane, counted, plan.start)
  }
}

function startTasks(plane: Plane, service: ServiceRecord, count: number): void {
  const { clusterArn, definition, name, deploymentId: startedBy } = service
  for (let started = 0; started < count; started += 1) {
    try {
      startTask(plane, { clusterArn, definition, service: name, startedBy })
    } catch (error) {
      // No host has room: ECS says so in the service's events and tries again later.
      if (!(error instanceof EcsError)) throw error
      setTimeout(plane.wake, plane.timings.restartDelayMs).unref()
      return
    }
  }
}

/** Waits longer after each task in a row that ended before it ran, so that a broken one doesn't spin. */
function countFailures(plane: Plane, service: ServiceRecord): ServiceRecord {
  const tasks = [...plane.tasks.values()].filter((task) => task.startedBy === service.deploymentId)
  const lastRun = Math.max(0, ...tasks.map((task) => task.startedAt ?? 0))
  const failed = tasks.filter(
    (task) =>
      task.startedAt === undefined && failureCodes.has(task.stopCode ?? '') && task.createdAt > lastRun,
  )
  if (failed.length === service.failures) return service
  const waitMs = Math.min(
    plane.timings.restartDelayMs * 2 ** Math.min(failed.length, 10),
    longestRestartDelayMs,
  )
  const notBefore = failed.length > service.failures ? plane.now() + waitMs : service.notBefore
  const counted = { ...service, failures: failed.length, notBefore }
  plane.services.set(service.arn, counted)
  return counted
}

function reasonOf(task: TaskRecord, service: ServiceRecord): string {
  if (healthOf(task) === 'UNHEALTHY')
    return `(service ${service.name}) (task ${task.id}) failed container health checks.`
  return `Scaling activity initiated by (deployment ${service.deploymentId})`
}

function deploymentId(): string {
  return `ecs-svc/${String(randomInt(1, 2 ** 47)).padStart(19, '4')}`
}

function checkCount(count: number): void {
  if (!Number.isInteger(count) || count < 0)
    throw invalidParameter(`desiredCount must be a whole number from 0 on (got ${count})`)
}
