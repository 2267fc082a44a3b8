import { explain, QuaysideError } from '../../core/errors.ts'
import type { ClusterSettings } from '../../core/settings/settings.ts'
import { type ClusterPass, type ReconcileDeps, reconcileCluster } from './cluster.ts'
import { reportLeft } from './left.ts'
import { measurePass } from './measure.ts'

export type ReconcileEvent = {
  /** An operator's word that tasks which ECS doesn't know are to be removed, contradiction or not: of all clusters, or of the one named. */
  readonly override?: unknown
}
export type ReconcileContext = { readonly getRemainingTimeInMillis: () => number }
export type ReconcileResult = { readonly clusters: readonly ClusterPass[] }
export type ReconcileHandler = (event: ReconcileEvent, context: ReconcileContext) => Promise<ReconcileResult>

/**
 * Compares what ECS runs with what Consul says, cluster by cluster, and repairs the difference. A cluster that fails is
 * reported in its own record; the others go on. Throws only if every cluster failed, so that the failure is counted.
 */
export function createHandler(deps: ReconcileDeps): ReconcileHandler {
  return async (event, context) => {
    try {
      return await passes(event, context, deps)
    } finally {
      deps.metrics.flush()
    }
  }
}

async function passes(
  event: ReconcileEvent,
  context: ReconcileContext,
  deps: ReconcileDeps,
): Promise<ReconcileResult> {
  const override = overrideOf(event, deps)
  const clusters: ClusterPass[] = []
  for (const cluster of deps.settings.clusters) {
    const pass = await passOf(cluster, override === true || override === cluster.arn, context, deps)
    deps.log.info('reconciled', pass)
    measurePass(pass, deps.metrics)
    clusters.push(pass)
  }
  await reportLeft(deps)
  const reasons = clusters.flatMap((pass) => (pass.outcome === 'failed' ? [pass.reason] : []))
  if (reasons.length > 0 && reasons.length === clusters.length) {
    throw new Error(`Reconcile failed for every cluster: ${reasons[0]}`)
  }
  return { clusters }
}

/** The schedule sends other things along, which mean nothing; an override that names nothing is a mistake worth telling. */
function overrideOf({ override }: ReconcileEvent, { settings }: ReconcileDeps): unknown {
  const known = settings.clusters.map(({ arn }) => arn)
  if (override === undefined || typeof override === 'boolean' || known.some((arn) => arn === override)) {
    return override
  }
  throw new QuaysideError(
    'SETTINGS_INVALID',
    `"override" is ${JSON.stringify(override)?.slice(0, 200)} but must be true, or the ARN of one of the clusters: ${known.join(', ')}.`,
  )
}

async function passOf(
  cluster: ClusterSettings,
  override: boolean,
  context: ReconcileContext,
  deps: ReconcileDeps,
): Promise<ClusterPass> {
  try {
    return await reconcileCluster(
      cluster,
      { override, remainingMs: context.getRemainingTimeInMillis() },
      deps,
    )
  } catch (error) {
    const code = error instanceof QuaysideError ? error.code : 'UNEXPECTED'
    const remedy = 'mend the cause named here; the next pass tries again'
    deps.log.error('reconcile-failed', { cluster: cluster.arn, code, reason: explain(error), remedy })
    return { cluster: cluster.arn, outcome: 'failed', reason: explain(error) }
  }
}
