import type { TaskKey } from './ledger.ts'

/** All KV keys of one installed stack hang below its prefix; no key has a leading slash. */
export type ClusterKey = Omit<TaskKey, 'taskId'>

export function ledgerKey(prefix: string, task: TaskKey): string {
  return `${ledgerFolder(prefix, task)}${task.taskId}`
}

/** The cluster in a key of the ledger. */
export function clusterOfKey(prefix: string, key: string): ClusterKey {
  const [account = '', region = '', cluster = ''] = key.slice(`${prefix}/tasks/`.length).split('/')
  return { account, region, cluster }
}

/** Ends in a slash, so that a prefix read can't catch a cluster whose name begins alike. */
export function ledgerFolder(prefix: string, cluster: ClusterKey): string {
  return `${prefix}/tasks/${clusterPath(cluster)}/`
}

/** Index of the tasks on one EC2 instance, written in the same transaction as the task. */
export function hostIndexKey(prefix: string, instanceId: string, task: TaskKey): string {
  return `${hostIndexFolder(prefix, instanceId)}${clusterPath(task)}/${task.taskId}`
}

export function hostIndexFolder(prefix: string, instanceId: string): string {
  return `${prefix}/hosts/${instanceId}/`
}

/** A random id per datacenter, created once: a new one tells that Consul's data was lost. */
export function epochKey(prefix: string): string {
  return `${prefix}/epoch`
}

/** `{epoch, at}`: the last complete reconcile pass of the cluster, `at` being the Unix milliseconds of its start. */
export function stampKey(prefix: string, cluster: ClusterKey): string {
  return `${prefix}/reconciled/${clusterPath(cluster)}`
}

/** The lease that keeps reconcile passes of one cluster from overlapping. */
export function leaseKey(prefix: string, cluster: ClusterKey): string {
  return `${prefix}/leases/reconcile/${clusterPath(cluster)}`
}

/** Deletes proven by absence alone, waiting for a second pass. */
export function absentKey(prefix: string, cluster: ClusterKey): string {
  return `${prefix}/absent/${clusterPath(cluster)}`
}

/** The lock that names the one publisher in charge of a bucket: deployments that share a prefix have buckets of their own. */
export function leaderKey(prefix: string, bucket: string): string {
  return `${prefix}/leader/publish/${bucket}`
}

function clusterPath({ account, region, cluster }: ClusterKey): string {
  return `${account}/${region}/${cluster}`
}
