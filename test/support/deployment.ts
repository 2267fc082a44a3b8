import type { ConsulClient } from '../../adapters/consul/client.ts'
import { createGuardedSubmit } from '../../adapters/consul/guarded-submit.ts'
import { createWaitingTasks } from '../../adapters/consul/health-read.ts'
import { readHostTasks } from '../../adapters/consul/ledger.ts'
import { createHandler as createReconcile, type ReconcileResult } from '../../functions/reconcile/handler.ts'
import { createHandler as createRegister } from '../../functions/register/handler.ts'
import { awsEvent, type TaskOptions, taskEvent } from './event.ts'
import { type FakeAws, fakeAws, type LogLine, registerDeps } from './register.ts'

export type DeploymentOptions = {
  readonly deployment: string
  readonly prefix?: string
  readonly clusters: readonly string[]
  readonly now?: () => number
}

/** Both handlers of one installed stack over a Consul, with an ECS of its own that holds one cluster's tasks. */
export type Deployment = {
  readonly aws: FakeAws
  readonly lines: LogLine[]
  /** ECS has the task as stated; returns the event of it. */
  readonly put: (id: string, options?: TaskOptions) => object
  /** Delivers in one batch; returns the ids of the messages that failed. */
  readonly deliver: (...events: readonly unknown[]) => Promise<readonly string[]>
  readonly reconcile: () => Promise<ReconcileResult>
}

const context = { getRemainingTimeInMillis: () => 20_000 }

export function openDeployment(client: ConsulClient, options: DeploymentOptions): Deployment {
  const { deployment, prefix = 'quayside', clusters, now = Date.now } = options
  const [clusterArn = ''] = clusters
  const aws = fakeAws()
  const base = registerDeps(client, aws, now)
  const listTasks = async (cluster: string, desired: 'RUNNING' | 'STOPPED') => {
    if (cluster !== clusterArn) return []
    const arns = await base.ecs.listTasks(cluster, desired)
    return arns.map((arn) => `${clusterArn.replace(':cluster/', ':task/')}/${arn.split('/').at(-1)}`)
  }
  // As ECS does, which names its tasks by account, region and cluster.
  const describeTasks: typeof base.describeTasks = async (cluster, arns) => {
    const stray = arns.find((arn) => !arn.startsWith(`${clusterArn.replace(':cluster/', ':task/')}/`))
    if (stray !== undefined) throw new Error(`InvalidParameterException: ${stray} is not in ${cluster}`)
    return base.describeTasks(cluster, arns)
  }
  const deps = {
    ...base,
    prefix,
    settings: {
      deployment,
      clusters: clusters.map((arn) => ({
        arn,
        servicePrefix: '',
        addressFamily: 'ipv4' as const,
        consul: null,
      })),
    },
    submit: createGuardedSubmit(client, deployment, { now }),
    hostTasks: (id: string) => readHostTasks(client, prefix, id),
    waitingTasks: createWaitingTasks(client, deployment, now),
    describeTasks,
    ecs: { ...base.ecs, listTasks, describeTasks },
  }
  const register = createRegister(deps)
  const reconcile = createReconcile(deps)
  let messages = 0
  return {
    aws,
    lines: base.lines,
    put: (id, task = {}) => {
      const stated = { at: now(), ...task, clusterArn }
      aws.tasks.set(id, stated)
      return taskEvent({ id, ...stated })
    },
    deliver: async (...events) => {
      const Records = events.map((event) => {
        const messageId = `m${++messages}`
        return { messageId, receiptHandle: messageId, body: JSON.stringify(event) }
      })
      const { batchItemFailures } = await register({ Records }, context)
      return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
    },
    reconcile: () => reconcile({}, context),
  }
}

/** EC2 says that an instance is gone. */
export function instanceLost(instanceId: string): object {
  const detail = { 'instance-id': instanceId, state: 'terminated' }
  return {
    ...awsEvent('aws.ec2', 'EC2 Instance State-change Notification', detail),
    time: new Date().toISOString(),
  }
}
