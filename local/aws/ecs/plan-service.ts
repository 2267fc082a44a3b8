import { hasHealthCheck, healthOf, type ServiceRecord, type TaskRecord } from './model.ts'

export type ServicePlan = { readonly start: number; readonly stop: readonly TaskRecord[] }

/**
 * What the service scheduler does next. Tasks of the current deployment are wanted; older and unhealthy ones
 * are on their way out, but stay while they are needed to keep `desiredCount` tasks in service
 * (minimumHealthyPercent 100), within twice that number (maximumPercent 200). A new task replaces an old one
 * only when it has been running since `steadyBefore` (Unix milliseconds).
 */
export function planService(
  service: ServiceRecord,
  all: readonly TaskRecord[],
  steadyBefore = Infinity,
): ServicePlan {
  const { name, clusterArn, desiredCount, deploymentId } = service
  const tasks = all.filter(
    (task) => task.service === name && task.clusterArn === clusterArn && task.desiredStatus === 'RUNNING',
  )
  const isWanted = (task: TaskRecord) => task.startedBy === deploymentId && healthOf(task) !== 'UNHEALTHY'
  const wanted = tasks.filter(isWanted)
  const outgoing = tasks.filter((task) => !isWanted(task))
  const surplus = wanted.toSorted(byNumber).slice(desiredCount)
  const room = Math.max(0, desiredCount * 2 - tasks.length)
  const steady = wanted.filter((task) => inService(task) && (task.startedAt ?? 0) <= steadyBefore)
  return {
    start: Math.min(Math.max(0, desiredCount - wanted.length), room),
    stop: [...surplus, ...dispensable(outgoing, steady.length, desiredCount)],
  }
}

/** Of the outgoing tasks, those that serve nothing yet, and as many others as the new ones already replace. */
function dispensable(outgoing: readonly TaskRecord[], replaced: number, desiredCount: number): TaskRecord[] {
  const serving = outgoing.filter(inService).sort(byNumber)
  const idle = outgoing.filter((task) => !inService(task))
  const needed = Math.max(0, desiredCount - replaced)
  // An unhealthy task still counts for something while its replacement isn't there: it goes only when a new one
  // serves.
  const idleNeeded = Math.max(0, needed - serving.length)
  return [...idle.slice(idleNeeded), ...serving.slice(Math.min(needed, serving.length))]
}

/** Running, and healthy where a health check says so. */
export function inService(task: TaskRecord): boolean {
  return (
    task.desiredStatus === 'RUNNING' &&
    task.lastStatus === 'RUNNING' &&
    (!hasHealthCheck(task) || healthOf(task) === 'HEALTHY')
  )
}

function byNumber(a: TaskRecord, b: TaskRecord): number {
  return a.nodeNumber - b.nodeNumber || a.createdAt - b.createdAt
}
