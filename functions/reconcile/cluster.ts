import { readNodeServices } from '../../adapters/consul/catalog.ts'
import type { ConsulClient } from '../../adapters/consul/client.ts'
import { readKey } from '../../adapters/consul/kv.ts'
import { type LedgerRecord, readLedgerFolder } from '../../adapters/consul/ledger.ts'
import { ensureNode } from '../../adapters/consul/node.ts'
import type { ScopedConsul } from '../../adapters/consul/scope.ts'
import type { Submit } from '../../adapters/consul/submit.ts'
import type { Ecs } from '../../adapters/ecs.ts'
import type { Log } from '../../adapters/log.ts'
import type { Metrics } from '../../adapters/metrics.ts'
import type { Queue } from '../../adapters/queue.ts'
import { canonicalJson } from '../../core/canonical.ts'
import { nodeName } from '../../core/catalog/entry.ts'
import { explain, isRetryable, QuaysideError } from '../../core/errors.ts'
import { absentKey, type ClusterKey, leaseKey, ledgerFolder, stampKey } from '../../core/ledger/keys.ts'
import { unreadableEntry } from '../../core/ledger/ledger.ts'
import { type AbsenceMarks, judgeAbsences } from '../../core/reconcile/absence.ts'
import { type KnownTask, knownTasks } from '../../core/reconcile/known.ts'
import { contradicted, doubtedServices } from '../../core/reconcile/services.ts'
import type { ClusterSettings, FunctionSettings } from '../../core/settings/settings.ts'
import { parseClusterArn } from '../../core/task/arn.ts'
import { setOp } from '../../core/txn/op.ts'
import type { ApplyDeps } from '../register/apply.ts'
import { reportNode } from '../register/node-news.ts'
import type { Resolve } from '../register/resolve.ts'
import type { UsableHosts } from '../register/usable-hosts.ts'
import { ensureEpoch } from './epoch.ts'
import { takeLease } from './lease.ts'
import { type Listing, listCluster } from './listing.ts'
import { type Counts, repair } from './repair.ts'

export type ReconcileDeps = Omit<ApplyDeps, 'readLedger'> & {
  readonly settings: Pick<FunctionSettings, 'deployment' | 'clusters'>
  readonly consul: ConsulClient
  /** Where clusters of this deployment are registered in other parts of Consul; without it all are in one. */
  readonly scopes?: Pick<ScopedConsul, 'of' | 'all'>
  readonly submit: Submit
  readonly ecs: Ecs
  readonly resolve: Resolve
  readonly usableHosts: UsableHosts
  /** Takes the follow-ups of tasks that wait for their health check. */
  readonly queue: Pick<Queue, 'send'>
  readonly log: Log
  readonly metrics: Metrics
  /** A random id: of this pass as a holder of leases, and of an epoch if there is none. */
  readonly newId: () => string
}

/** What one pass over a cluster came to. */
export type ClusterPass =
  | ({
      readonly cluster: string
      readonly outcome: 'done'
      readonly stamped: boolean
      readonly ms: number
    } & Counts)
  /** Some of ECS could not be read: what was read is in Consul, nothing was taken for gone, and nothing is stamped. */
  | ({
      readonly cluster: string
      readonly outcome: 'partial'
      readonly reason: string
      readonly ms: number
    } & Counts)
  | { readonly cluster: string; readonly outcome: 'leased' | 'failed'; readonly reason: string }

/** Reads Consul first and ECS after it: a task that registers in between is then seen by ECS, never taken for an orphan. */
export async function reconcileCluster(
  settings: ClusterSettings,
  pass: { readonly override: boolean; readonly remainingMs: number },
  given: ReconcileDeps,
): Promise<ClusterPass> {
  const began = given.now()
  const cluster = parseClusterArn(settings.arn, 'clusters.arn')
  const deps = { ...given, consul: given.scopes?.of(cluster) ?? given.consul }
  // First of all: where another deployment registers this cluster, not even the lease is ours to write.
  const change = await ensureNode(deps.consul, cluster, deps.settings.deployment)
  if (change !== null) reportNode(deps.log)(cluster, change)
  const key = leaseKey(deps.prefix, cluster)
  const lease = await takeLease(deps.consul, key, deps.newId(), {
    now: began,
    until: began + pass.remainingMs,
  })
  if (lease === null) {
    return { cluster: settings.arn, outcome: 'leased', reason: 'another pass of this cluster is under way' }
  }
  try {
    const done = await lookAndRepair(settings, cluster, pass.override, began, deps)
    if (done.failure !== null) {
      await lease.release([])
      const reason = explain(done.failure)
      return { cluster: settings.arn, outcome: 'partial', reason, ms: deps.now() - began, ...done.counts }
    }
    const stamp = setOp(stampKey(deps.prefix, cluster), canonicalJson({ epoch: done.epoch, at: began }))
    const stamped = await lease.release([stamp, ...done.marks])
    return { cluster: settings.arn, outcome: 'done', stamped, ms: deps.now() - began, ...done.counts }
  } catch (error) {
    // Best effort: the lease would end by itself, but only after the function's time.
    await lease.release([]).catch(() => false)
    throw error
  }
}

async function lookAndRepair(
  settings: ClusterSettings,
  cluster: ClusterKey,
  override: boolean,
  began: number,
  deps: ReconcileDeps,
): Promise<{
  readonly epoch: string
  readonly failure: unknown
  readonly counts: Counts
  readonly marks: readonly ReturnType<typeof setOp>[]
}> {
  const epoch = await ensureEpoch(deps.consul, deps.prefix, deps.newId())
  const known = await readKnown(cluster, deps)
  const before = await readMarks(cluster, deps)
  const listing = await listCluster(settings.arn, known, deps)
  if (listing.failure !== null) {
    reportFailure(settings.arn, listing, deps)
    return {
      epoch,
      failure: listing.failure,
      counts: await repair(settings, known, listing, [], deps),
      marks: [],
    }
  }
  const verdict = judgeAbsences(listing.missing, before, {
    at: began,
    known: [...known.values()].filter(({ entry }) => entry.phase !== 'gone').length,
    listed: listing.listed,
    override,
  })
  const doubted = override ? [] : await contradictions(settings.arn, verdict.gone, listing, deps)
  const gone = verdict.gone.filter((taskId) => !doubted.includes(taskId))
  const held = [...verdict.held, ...doubted.map((taskId) => ({ taskId, reason: 'contradiction' as const }))]
  reportHeld(settings.arn, held, deps)
  const counts = await repair(settings, known, listing, gone, deps)
  const changed = canonicalJson(before) !== canonicalJson(verdict.marks)
  const marks = changed ? [setOp(absentKey(deps.prefix, cluster), canonicalJson(verdict.marks))] : []
  const contradicted = held.filter(({ reason }) => reason === 'contradiction').length
  const heldCounts = { held: held.length, contradictions: contradicted }
  return { epoch, failure: null, counts: { ...counts, ...heldCounts }, marks }
}

function reportFailure(cluster: string, { observations, failure }: Listing, deps: ReconcileDeps): void {
  deps.log.error('listing-failed', {
    cluster,
    code: failure instanceof QuaysideError ? failure.code : 'UNEXPECTED',
    reason: explain(failure),
    read: observations.length,
    remedy: isRetryable(failure)
      ? 'none needed unless it goes on: the next pass asks again; nothing is deleted until ECS can be read whole'
      : 'mend the cause named here; nothing is deleted until ECS can be read whole',
  })
}

async function readKnown(cluster: ClusterKey, deps: ReconcileDeps): Promise<ReadonlyMap<string, KnownTask>> {
  const [services, ledger] = await Promise.all([
    readNodeServices(deps.consul, nodeName(cluster)),
    readLedgerFolder(deps.consul, ledgerFolder(deps.prefix, cluster)),
  ])
  reportUnreadable(cluster, ledger, deps)
  return knownTasks(ledger, services, { deployment: deps.settings.deployment, account: cluster.account })
}

function reportUnreadable(
  cluster: ClusterKey,
  ledger: ReadonlyMap<string, LedgerRecord>,
  deps: ReconcileDeps,
): void {
  const tasks = [...ledger].flatMap(([taskId, { entry }]) => (entry === unreadableEntry ? [taskId] : []))
  if (tasks.length === 0) return
  const remedy =
    'find who writes there; entries of tasks that ECS knows are written anew, delete what is none'
  const folder = ledgerFolder(deps.prefix, cluster)
  deps.log.error('ledger-unreadable', { folder, count: tasks.length, tasks: tasks.slice(0, 10), remedy })
}

async function readMarks(cluster: ClusterKey, deps: ReconcileDeps): Promise<AbsenceMarks> {
  const entry = await readKey(deps.consul, absentKey(deps.prefix, cluster), { consistent: true })
  try {
    const value: unknown = JSON.parse(entry?.value ?? '{}')
    const pairs = Object.entries(typeof value === 'object' && value !== null ? value : {})
    return Object.fromEntries(pairs.filter((pair): pair is [string, number] => typeof pair[1] === 'number'))
  } catch {
    // Marks only delay deletes: without them the waiting begins again.
    return {}
  }
}

/** Asked only where tasks are about to go that nobody said had stopped. What can't be asked is no reason to delete. */
async function contradictions(
  clusterArn: string,
  gone: readonly string[],
  listing: Listing,
  { ecs, log }: ReconcileDeps,
): Promise<readonly string[]> {
  const services = doubtedServices(gone, listing.missing)
  if (services.length === 0) return []
  try {
    const running = await ecs.runningCounts(clusterArn, services)
    return contradicted(
      gone,
      listing.missing,
      listing.observations.map(({ task }) => task),
      running,
    )
  } catch (error) {
    log.warn('services-not-read', { cluster: clusterArn, reason: explain(error), held: gone.length })
    return gone
  }
}

function reportHeld(
  cluster: string,
  held: readonly { readonly taskId: string; readonly reason: string }[],
  deps: ReconcileDeps,
): void {
  for (const [reason, tasks] of Map.groupBy(held, (one) => one.reason)) {
    const fields = {
      cluster,
      reason,
      count: tasks.length,
      tasks: tasks.slice(0, 10).map(({ taskId }) => taskId),
    }
    if (reason === 'contradiction') {
      const remedy =
        'ECS does not know these tasks, but lists no task at all, or says that their services run more than it lists. If they are really gone, invoke reconcile with ' +
        `{"override": "${cluster}"}; else check the cluster ARN and the role of the function.`
      deps.log.error('reconcile-contradiction', { ...fields, remedy })
    } else deps.log.warn('deletes-held', fields)
  }
}
