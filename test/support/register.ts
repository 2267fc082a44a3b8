import type { ConsulAccess } from '../../adapters/consul/access.ts'
import { type ConsulClient, createConsulClient } from '../../adapters/consul/client.ts'
import { createGuardedSubmit } from '../../adapters/consul/guarded-submit.ts'
import { createWaitingTasks } from '../../adapters/consul/health-read.ts'
import { readHostTasks, readLedger } from '../../adapters/consul/ledger.ts'
import { readStoredChecks } from '../../adapters/consul/stored-checks.ts'
import { createLog } from '../../adapters/log.ts'
import { createMetrics } from '../../adapters/metrics.ts'
import type { DelayedMessage } from '../../adapters/queue.ts'
import { parseTask } from '../../core/task/parse-task.ts'
import type { ReconcileDeps } from '../../functions/reconcile/cluster.ts'
import type { RegisterDeps } from '../../functions/register/handler.ts'
import { measureTxn } from '../../functions/register/measure.ts'
import { createResolve } from '../../functions/register/resolve.ts'
import type { Consul } from '../../local/consul/start-consul.ts'
import { account, clusterArn, describedTask, region, type TaskOptions } from './event.ts'
import { parsedDefinition } from './ledger.ts'

export const cluster = { account, region, cluster: 'shop-ec2' }
export const settings = {
  deployment: 'test',
  clusters: [{ arn: clusterArn, servicePrefix: '', addressFamily: 'ipv4' as const, consul: null }],
}
export const prefix = 'quayside'

export function accessOf(consul: Consul): ConsulAccess {
  return {
    addresses: [consul.httpsUrl ?? consul.httpUrl ?? ''],
    serverName: consul.serverName,
    ...(consul.ca === undefined ? {} : { ca: consul.ca.pem }),
    ...(consul.token === undefined ? {} : { token: consul.token }),
  }
}

export type FakeAws = {
  /** What ECS knows of tasks; tests change it. */
  readonly tasks: Map<string, TaskOptions>
  definition: ReturnType<typeof parsedDefinition>
  /** How many tasks ECS says that a service runs. */
  readonly running: Map<string, number>
  readonly sent: DelayedMessage[]
  readonly shownAgain: string[]
  /** Names of ECS and EC2 calls, in order. */
  readonly calls: string[]
}

export function fakeAws(): FakeAws {
  return {
    tasks: new Map(),
    running: new Map(),
    definition: parsedDefinition(),
    sent: [],
    shownAgain: [],
    calls: [],
  }
}

export type LogLine = Readonly<Record<string, unknown>> & { readonly event: string; readonly level: string }

/** Real Consul adapters with AWS as object literals; `lines` are the parsed log lines, `measured` those that carry metrics. */
export function registerDeps(
  client: ConsulClient,
  aws: FakeAws,
  now: () => number = Date.now,
): RegisterDeps &
  Pick<ReconcileDeps, 'ecs' | 'consul' | 'newId'> & {
    readonly lines: LogLine[]
    readonly measured: LogLine[]
  } {
  const lines: LogLine[] = []
  const measured: LogLine[] = []
  const metrics = createMetrics(settings.deployment, (line) => measured.push(JSON.parse(line)), now)
  const ecs = fakeEcs(aws)
  let ids = 0
  return {
    settings,
    prefix,
    consul: client,
    ecs,
    readLedger: (keys) => readLedger(client, keys),
    submit: createGuardedSubmit(client, settings.deployment, { onTxn: measureTxn(metrics) }),
    readStored: (cluster, instances) => readStoredChecks(client, cluster, instances),
    hostTasks: (id) => readHostTasks(client, prefix, id),
    waitingTasks: createWaitingTasks(client, settings.deployment, now),
    describeTasks: ecs.describeTasks,
    resolve: createResolve({
      ...ecs,
      hostAddresses: async (wanted) =>
        new Map(wanted.map((id) => [id, { address: '10.1.2.3', address6: null }])),
      managedAddresses: async () => new Map(),
      now,
    }),
    usableHosts: async (_cluster, arns) => new Set(arns),
    queue: {
      send: async (messages) => void aws.sent.push(...messages),
      showAgain: async (handle, seconds) => void aws.shownAgain.push(`${handle} ${seconds}`),
    },
    log: createLog((line) => lines.push(JSON.parse(line))),
    metrics,
    now,
    random: () => 0.5,
    sleep: async () => {},
    newId: () => `id-${++ids}`,
    lines,
    measured,
  }
}

function fakeEcs(aws: FakeAws): ReconcileDeps['ecs'] {
  return {
    describeTasks: async (_cluster, arns) => {
      aws.calls.push('DescribeTasks')
      const ids = arns.map((arn) => arn.split('/').at(-1) ?? '')
      const found = ids.flatMap((id) => (aws.tasks.has(id) ? [{ id, ...aws.tasks.get(id) }] : []))
      const tasks = found.map((options) => parseTask(JSON.parse(JSON.stringify(describedTask(options)))))
      const missing = arns.filter((arn) => !tasks.some((task) => task.arn === arn))
      return { tasks, missing, malformed: [] }
    },
    describeTaskDefinition: async () => {
      aws.calls.push('DescribeTaskDefinition')
      return aws.definition
    },
    describeContainerInstances: async (_cluster, arns) => {
      aws.calls.push('DescribeContainerInstances')
      return new Map(arns.map((arn) => [arn, `i-${arn.split('/').at(-1)}`]))
    },
    connectedInstances: async (_cluster, arns) => {
      aws.calls.push('DescribeContainerInstances')
      return new Map(arns.map((arn) => [arn, `i-${arn.split('/').at(-1)}`]))
    },
    runningCounts: async () => {
      aws.calls.push('DescribeServices')
      return aws.running
    },
    listTasks: async (_cluster, desired) => {
      aws.calls.push(`ListTasks ${desired}`)
      const members = [...aws.tasks].filter(([id, options]) => {
        return describedTask({ id, ...options }).desiredStatus === desired
      })
      return members.map(([id]) => `${clusterArn.replace(':cluster/', ':task/')}/${id}`)
    },
  }
}

/** Services of ours in the catalog with the state of their checks, as `id: status output…`. */
export async function catalogOf(client: ConsulClient, service = 'web'): Promise<readonly string[]> {
  const { body } = await client.request({
    method: 'GET',
    path: `/v1/health/service/${service}`,
    consistent: true,
  })
  const members = body as {
    Service: { ID: string; Address: string; Port: number }
    Checks: { CheckID: string; Status: string; Output: string }[]
  }[]
  return members
    .map(({ Service, Checks }) => {
      const own = Checks.find(({ CheckID }) => CheckID === `${Service.ID}:ecs`)
      return `${Service.ID} ${Service.Address}:${Service.Port} ${own?.Status} ${own?.Output.split(':')[0]}`
    })
    .sort()
}

export function openClient(consul: Consul, t: { after: (fn: () => Promise<void>) => void }): ConsulClient {
  const client = createConsulClient(async () => accessOf(consul), { connections: 4 })
  t.after(() => client.close())
  return client
}
