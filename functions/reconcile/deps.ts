import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ecsOfPlaces, openPlaces } from '../../adapters/aws-places.ts'
import { createConsulClient } from '../../adapters/consul/client.ts'
import { createGuardedSubmit } from '../../adapters/consul/guarded-submit.ts'
import { openScopes } from '../../adapters/consul/scope.ts'
import { createScopedSubmit } from '../../adapters/consul/scoped-writes.ts'
import { readStoredChecks } from '../../adapters/consul/stored-checks.ts'
import { createEc2 } from '../../adapters/ec2.ts'
import { createEcs } from '../../adapters/ecs.ts'
import { noMetrics } from '../../adapters/metrics.ts'
import { createPace } from '../../adapters/pace.ts'
import { createQueue } from '../../adapters/queue.ts'
import { createSsm } from '../../adapters/ssm.ts'
import type { RegisterWiring } from '../register/deps.ts'
import { measureTxn } from '../register/measure.ts'
import { reportNode } from '../register/node-news.ts'
import { resolveInPlaces, usableInPlaces } from '../register/places.ts'
import type { ReconcileDeps } from './cluster.ts'
import { callCounter } from './measure.ts'

const connections = 4

/** The handler's dependencies over real clients, and `close` for a process that outlives them. */
export function createReconcileDeps({
  settings,
  access,
  aws = {},
  consul: limits = {},
  log,
  metrics = noMetrics,
  clock,
}: RegisterWiring): ReconcileDeps & { readonly close: () => Promise<void> } {
  const scopes = openScopes(access, settings.clusters, (provider) =>
    createConsulClient(provider, { ...limits, connections }),
  )
  const perSecond = settings.reconcileCallsPerSecond
  const places = openPlaces(settings.clusters, aws.sts ?? {}, (place) => {
    // Each account and region has a call budget of its own.
    const pace = createPace({ perSecond, burst: Math.max(1, perSecond) })
    const config = { ...aws.ecs, ...place, logger: callCounter(metrics) }
    return {
      ecs: createEcs(config, { definitions: pace, others: pace }),
      ec2: createEc2({ ...aws.ec2, ...place }),
      ssm: createSsm({ ...aws.ssm, ...place }),
    }
  })
  return {
    settings,
    prefix: settings.prefix,
    consul: scopes.standard,
    scopes,
    submit: createScopedSubmit(scopes, (client) =>
      createGuardedSubmit(client, settings.deployment, {
        now: clock,
        onChange: reportNode(log),
        onTxn: measureTxn(metrics),
      }),
    ),
    readStored: (cluster, instances) => readStoredChecks(scopes.of(cluster), cluster, instances),
    ecs: ecsOfPlaces(places),
    resolve: resolveInPlaces(places, clock),
    usableHosts: usableInPlaces(places),
    queue: createQueue(settings.queueUrl, aws.sqs),
    log,
    metrics,
    now: clock,
    random: Math.random,
    newId: randomUUID,
    sleep: async (ms) => {
      await sleep(ms)
    },
    close: scopes.close,
  }
}
