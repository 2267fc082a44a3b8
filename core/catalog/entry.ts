import type { ClusterKey } from '../ledger/keys.ts'

/** What marks a catalog entry as ours. Meta values never hold a timestamp or version: each change wakes every watcher. */
export const entryMeta = {
  managedBy: 'managed-by',
  registrar: 'registrar',
  taskArn: 'task-arn',
  taskId: 'task-id',
  cluster: 'cluster',
  account: 'account',
  region: 'region',
  revision: 'revision',
  availabilityZone: 'availability-zone',
} as const

/** The value of `managed-by`. */
export const managedBy = 'quayside'

/** The tag that opts a service in to routing; the watcher follows services that carry it. */
export const routingTag = 'nginx'

/** Why a check of ours has its status: the first word of its constant output. */
export const checkReasons = ['passing', 'draining', 'unhealthy', 'waiting', 'stopped'] as const
export type CheckReason = (typeof checkReasons)[number]

/** The full constant output per reason. Constant, because Consul treats output as data and wakes watchers for it. */
export const checkOutputs: Readonly<Record<CheckReason, string>> = {
  passing: 'passing: the task is running',
  draining: 'draining: ECS is stopping the task',
  unhealthy: 'unhealthy: the ECS health check fails',
  waiting: 'waiting: waiting for the ECS health check',
  stopped: 'stopped: the container is not running',
}

/**
 * The synthetic node that holds all instances of one cluster. Lower case, no slash or colon: it stands in URLs and DNS.
 */
export function nodeName({ account, region, cluster }: ClusterKey): string {
  return `quayside-${account}-${region}-${cluster}`.toLowerCase()
}

/** Unique per node; built from immutable facts only, so that registering again is an update and never a duplicate. */
export function serviceId(
  service: string,
  taskId: string,
  container: string,
  containerPort: number,
  protocol: 'tcp' | 'udp',
): string {
  return `${service}-${taskId}-${container}-${containerPort}${protocol === 'udp' ? '-udp' : ''}`
}

/** The check whose definition consul-esm runs, beside our own. */
export function storedCheckId(id: string): string {
  return `${id}:esm`
}

/** Check ids are unique per node, not per service, so the service id is part of it. */
export function checkId(id: string): string {
  return `${id}:ecs`
}
