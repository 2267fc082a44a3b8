import { setTimeout as sleep } from 'node:timers/promises'
import type { EC2ClientConfig } from '@aws-sdk/client-ec2'
import type { ECSClientConfig } from '@aws-sdk/client-ecs'
import type { SQSClientConfig } from '@aws-sdk/client-sqs'
import type { SSMClientConfig } from '@aws-sdk/client-ssm'
import { ecsOfPlaces, openPlaces, type StsConfig } from '../../adapters/aws-places.ts'
import type { Clock } from '../../adapters/clock.ts'
import type { ConsulAccessProvider } from '../../adapters/consul/access.ts'
import { type ConsulClientOptions, createConsulClient } from '../../adapters/consul/client.ts'
import { createGuardedSubmit } from '../../adapters/consul/guarded-submit.ts'
import { createWaitingTasks, everywhere } from '../../adapters/consul/health-read.ts'
import { openScopes } from '../../adapters/consul/scope.ts'
import {
  createScopedSubmit,
  readScopedHostTasks,
  readScopedLedger,
} from '../../adapters/consul/scoped-writes.ts'
import { readStoredChecks } from '../../adapters/consul/stored-checks.ts'
import { createEc2 } from '../../adapters/ec2.ts'
import { createEcs } from '../../adapters/ecs.ts'
import type { Log } from '../../adapters/log.ts'
import { type Metrics, noMetrics } from '../../adapters/metrics.ts'
import { createPace } from '../../adapters/pace.ts'
import { createQueue } from '../../adapters/queue.ts'
import { createSsm } from '../../adapters/ssm.ts'
import type { FunctionSettings } from '../../core/settings/settings.ts'
import type { RegisterDeps } from './handler.ts'
import { measureTxn } from './measure.ts'
import { reportNode } from './node-news.ts'
import { resolveInPlaces, usableInPlaces } from './places.ts'

/** Where the AWS clients go; empty in AWS, where the environment says it. */
export type AwsConfigs = {
  readonly ecs?: ECSClientConfig
  readonly ec2?: EC2ClientConfig
  readonly sqs?: SQSClientConfig
  readonly ssm?: SSMClientConfig
  /** For roles in other accounts. */
  readonly sts?: StsConfig
}

export type RegisterWiring = {
  readonly settings: FunctionSettings
  readonly access: ConsulAccessProvider
  readonly aws?: AwsConfigs
  /** Limits of the Consul client where its own don't fit. */
  readonly consul?: Omit<ConsulClientOptions, 'connections'>
  readonly log: Log
  /** None by default. */
  readonly metrics?: Metrics
  readonly clock: Clock
}

// What ECS allows an account and region. Several of these functions at once may still meet the limit: a look-up that is refused then
// fails its own messages only, and they are delivered again within seconds.
const rates = { definitions: { perSecond: 20, burst: 50 }, others: { perSecond: 20, burst: 100 } }

// Functions run many at a time behind few addresses, and Consul takes 200 connections from one address.
const connections = 4

/** The handler's dependencies over real clients, and `close` for a process that outlives them. */
export function createRegisterDeps({
  settings,
  access,
  aws = {},
  consul: limits = {},
  log,
  metrics = noMetrics,
  clock,
}: RegisterWiring): RegisterDeps & { readonly close: () => Promise<void> } {
  const consul = openScopes(access, settings.clusters, (provider) =>
    createConsulClient(provider, { ...limits, connections }),
  )
  const places = openPlaces(settings.clusters, aws.sts ?? {}, (place) => ({
    ecs: createEcs(
      { ...aws.ecs, ...place },
      { definitions: createPace(rates.definitions), others: createPace(rates.others) },
    ),
    ec2: createEc2({ ...aws.ec2, ...place }),
    ssm: createSsm({ ...aws.ssm, ...place }),
  }))
  const { prefix, deployment } = settings
  return {
    settings,
    prefix,
    readLedger: (keys) => readScopedLedger(consul, prefix, keys),
    submit: createScopedSubmit(consul, (client) =>
      createGuardedSubmit(client, deployment, {
        now: clock,
        onChange: reportNode(log),
        onTxn: measureTxn(metrics),
      }),
    ),
    readStored: (cluster, instances) => readStoredChecks(consul.of(cluster), cluster, instances),
    hostTasks: (instanceId) => readScopedHostTasks(consul, prefix, instanceId),
    waitingTasks: everywhere(consul.all.map((client) => createWaitingTasks(client, deployment, clock))),
    describeTasks: ecsOfPlaces(places).describeTasks,
    resolve: resolveInPlaces(places, clock),
    usableHosts: usableInPlaces(places),
    queue: createQueue(settings.queueUrl, aws.sqs),
    log,
    metrics,
    now: clock,
    random: Math.random,
    sleep: async (ms) => {
      await sleep(ms)
    },
    close: consul.close,
  }
}
