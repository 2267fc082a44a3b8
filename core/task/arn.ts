import type { ClusterKey } from '../ledger/keys.ts'
import type { TaskKey } from '../ledger/ledger.ts'
import { wrong } from './fields.ts'

/** `arn:<partition>:ecs:<region>:<account>:cluster/<name>` taken apart; the name in lower case, as in every key. */
export function parseClusterArn(arn: string, path: string): ClusterKey {
  const found = /^arn:[^:]+:ecs:([^:]+):([^:]+):cluster\/([^/]+)$/.exec(arn)
  const [, region, account, cluster] = found ?? []
  if (region === undefined || account === undefined || cluster === undefined) {
    throw wrong(path, arn, 'an ECS cluster ARN')
  }
  return { account, region, cluster: cluster.toLowerCase() }
}

/** The key of a task. The cluster is taken from its own ARN, because old task ARNs don't name it. */
export function taskKey(taskArn: string, clusterArn: string): TaskKey {
  const cluster = parseClusterArn(clusterArn, 'clusterArn')
  const taskId = /^arn:[^:]+:ecs:[^:]+:[^:]+:task\/(?:[^/]+\/)?([A-Za-z0-9-]+)$/.exec(taskArn)?.[1]
  if (taskId === undefined) throw wrong('taskArn', taskArn, 'an ECS task ARN')
  return { ...cluster, taskId }
}

/** Whether it can be the id of a task at all. */
export function isTaskId(text: string): boolean {
  return /^[A-Za-z0-9-]{1,36}$/.test(text)
}

/** Whether a task's ARN says that it runs in this cluster; never of an ARN in the old form, which names none. */
export function isTaskOf(clusterArn: string, task: string): boolean {
  return task.startsWith(`${clusterArn.replace(':cluster/', ':task/')}/`)
}

/** The task's ARN in the long form, for a task of which only the ledger's key is known. */
export function taskArn(clusterArn: string, taskId: string): string {
  return `${clusterArn.replace(':cluster/', ':task/')}/${taskId}`
}
