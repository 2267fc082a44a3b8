import { readRemains, readTraces } from '../../adapters/consul/cluster-traces.ts'
import { explain } from '../../core/errors.ts'
import { homesOf } from '../../core/ledger/home.ts'
import { describeLeft, unconfigured } from '../../core/reconcile/left-clusters.ts'
import { parseClusterArn } from '../../core/task/arn.ts'
import type { ReconcileDeps } from './cluster.ts'

/**
 * Reports clusters that were taken out of the configuration and are still in Consul, in every pass until they are purged. Only
 * reports: taking a cluster out must not empty what it serves. Never throws.
 */
export async function reportLeft(
  deps: Pick<ReconcileDeps, 'settings' | 'prefix' | 'consul' | 'log' | 'metrics'>,
): Promise<void> {
  const { consul, log, metrics, prefix } = deps
  const { deployment } = deps.settings
  const configured = deps.settings.clusters.map(({ arn }) => parseClusterArn(arn, 'clusters.arn'))
  try {
    for (const home of homesOf(configured)) {
      const traces = await readTraces(consul, prefix, home, deployment)
      for (const cluster of unconfigured(home, traces, configured)) {
        const left = describeLeft(cluster, await readRemains(consul, prefix, cluster), deployment)
        if (left === null) continue
        log.warn('cluster-left', left)
        metrics.count('ClustersLeft')
      }
    }
  } catch (error) {
    log.warn('left-clusters-unknown', { reason: explain(error) })
  }
}
