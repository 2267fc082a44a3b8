import type { ConsulClient } from '../../adapters/consul/client.ts'
import { readRemains, readTraces } from '../../adapters/consul/cluster-traces.ts'
import { explain } from '../../core/errors.ts'
import { homesOf } from '../../core/ledger/home.ts'
import { describeLeft, unconfigured } from '../../core/reconcile/left-clusters.ts'
import { parseClusterArn } from '../../core/task/arn.ts'
import type { ReconcileDeps } from './cluster.ts'

type LeftDeps = Pick<ReconcileDeps, 'settings' | 'prefix' | 'consul' | 'scopes' | 'log' | 'metrics'>

/**
 * Reports clusters that were taken out of the configuration and are still in Consul, in every pass until they are purged. Only
 * reports: taking a cluster out must not empty what it serves. Never throws.
 */
export async function reportLeft(deps: LeftDeps): Promise<void> {
  for (const consul of deps.scopes?.all ?? [deps.consul]) {
    try {
      await reportIn(consul, deps)
    } catch (error) {
      deps.log.warn('left-clusters-unknown', { reason: explain(error) })
    }
  }
}

async function reportIn(consul: ConsulClient, { settings, prefix, log, metrics }: LeftDeps): Promise<void> {
  const configured = settings.clusters.map(({ arn }) => parseClusterArn(arn, 'clusters.arn'))
  for (const home of homesOf(configured)) {
    const traces = await readTraces(consul, prefix, home, settings.deployment)
    for (const cluster of unconfigured(home, traces, configured)) {
      const left = describeLeft(cluster, await readRemains(consul, prefix, cluster), settings.deployment)
      if (left === null) continue
      log.warn('cluster-left', left)
      metrics.count('ClustersLeft')
    }
  }
}
