import { chunksOf } from '../../adapters/chunks.ts'
import { readLedger } from '../../adapters/consul/ledger.ts'
import { runTxn } from '../../adapters/consul/txn.ts'
import { explain } from '../../core/errors.ts'
import { ledgerKey } from '../../core/ledger/keys.ts'
import { absenceFact } from '../../core/ledger/make-fact.ts'
import type { KnownTask } from '../../core/reconcile/known.ts'
import { oldTombstones } from '../../core/reconcile/tombstones.ts'
import type { ClusterSettings } from '../../core/settings/settings.ts'
import { parseClusterArn, taskArn } from '../../core/task/arn.ts'
import { phaseOf } from '../../core/task/phase.ts'
import type { Observation } from '../../core/task/task.ts'
import { deleteCasOp } from '../../core/txn/op.ts'
import { opsLimit } from '../../core/txn/pack.ts'
import { type Applied, type ApplyDeps, applyFacts, type LedgerRead } from '../register/apply.ts'
import { followWritten } from '../register/follow-up.ts'
import { reportTask, writtenFields } from '../register/report.ts'
import { applyObservations } from '../register/tasks.ts'
import { onUsableHosts } from '../register/usable-hosts.ts'
import type { ReconcileDeps } from './cluster.ts'
import type { Listing } from './listing.ts'
import { repairDrift } from './repair-drift.ts'

/** Tasks per kind of result; `repaired` are those whose catalog entries had drifted. */
export type Counts = {
  readonly tasks: number
  readonly written: number
  readonly unchanged: number
  readonly dropped: number
  readonly failed: number
  readonly repaired: number
  readonly removed: number
  readonly held: number
  /** Of these, what ECS lists contradicts what is known to run. */
  readonly contradictions: number
  readonly tombstones: number
}

type Known = ReadonlyMap<string, KnownTask>

/** Writes what differs between ECS and Consul. Every write goes through the same gate and compare-and-set as an event's. */
export async function repair(
  settings: ClusterSettings,
  known: Known,
  listing: Listing,
  gone: readonly string[],
  deps: ReconcileDeps,
): Promise<Counts> {
  const cluster = parseClusterArn(settings.arn, 'clusters.arn')
  const apply = { ...deps, readLedger: firstFrom(cluster, known, deps) }
  const relevant = listing.observations.filter(
    ({ task }) => known.has(task.key.taskId) || phaseOf(task) !== 'gone',
  )
  const back = await returned(settings, known, relevant, deps)
  const others = relevant.filter((seen) => !back.has(seen))
  const applied = new Map([
    ...(await applyObservations(others, apply)),
    ...(await applyObservations([...back], apply, 'host-back')),
  ])
  for (const seen of relevant) report(seen, applied.get(seen.task.arn), deps)
  await followWritten(relevant, applied, deps)
  const removed = await removeAbsent(settings, gone, known, apply)
  const repaired = await repairDrift(settings, applied, known, deps)
  const count = (result: Applied['result']) =>
    [...applied.values()].filter((one) => one.result === result).length
  return {
    tasks: relevant.length,
    written: count('written'),
    unchanged: count('unchanged'),
    dropped: count('dropped'),
    failed: count('failed'),
    repaired,
    removed,
    held: 0,
    contradictions: 0,
    tombstones: await removeTombstones(cluster, known, deps),
  }
}

/** EC2 announces an interruption two minutes before; a host that still runs after this was spared. */
const sparedMs = 10 * 60_000

/** Tasks that were drained because their host was lost, and whose host can be used again although no event said so; or whose host was not taken away as announced. */
async function returned(
  settings: ClusterSettings,
  known: Known,
  observations: Listing['observations'],
  deps: ReconcileDeps,
): Promise<ReadonlySet<Observation>> {
  const lost = observations.filter(({ task }) => {
    const entry = known.get(task.key.taskId)?.entry
    if (entry?.phase !== 'draining') return false
    const isSpared = entry.reason === 'host-warning' && deps.now() - entry.at > sparedMs
    return entry.reason === 'host-loss' || isSpared
  })
  try {
    return new Set(await onUsableHosts(settings.arn, lost, deps.usableHosts))
  } catch (error) {
    deps.log.warn('lost-hosts-not-read', {
      cluster: settings.arn,
      reason: explain(error),
      tasks: lost.length,
    })
    return new Set()
  }
}

function report(
  seen: Listing['observations'][number],
  applied: Applied | undefined,
  deps: ReconcileDeps,
): void {
  if (applied?.result === 'written' || applied?.result === 'failed') reportTask(seen, applied, deps.log)
}

/** Answers the first read from what the pass has read already, before ECS was asked; a conflict reads anew. */
function firstFrom(
  cluster: ReturnType<typeof parseClusterArn>,
  known: Known,
  deps: ReconcileDeps,
): ApplyDeps['readLedger'] {
  const first = new Map<string, LedgerRead>(
    [...known.values()].map(({ taskId, entry, index }) => [
      ledgerKey(deps.prefix, { ...cluster, taskId }),
      { entry, index },
    ]),
  )
  const asked = new Set<string>()
  return async (keys) => {
    if (keys.some((key) => asked.has(key))) return readLedger(deps.consul, keys)
    for (const key of keys) asked.add(key)
    return first
  }
}

async function removeAbsent(
  settings: ClusterSettings,
  gone: readonly string[],
  known: Known,
  deps: ApplyDeps & Pick<ReconcileDeps, 'log'>,
): Promise<number> {
  const cluster = parseClusterArn(settings.arn, 'clusters.arn')
  const at = deps.now()
  const pending = gone.map((taskId) => {
    const task = { arn: taskArn(settings.arn, taskId), key: { ...cluster, taskId } }
    return {
      ...task,
      make: (entry: KnownTask['entry'] | null) => ({ fact: absenceFact(task, entry, at), problems: [] }),
    }
  })
  const applied = await applyFacts(pending, deps)
  for (const [arn, result] of applied) {
    const id = arn.slice(arn.lastIndexOf('/') + 1)
    const service = known.get(id)?.entry.instances[0]?.service ?? null
    if (result.result === 'written') {
      deps.log.info('task-registered', {
        taskArn: arn,
        ...writtenFields(result),
        service,
        source: 'absence',
        eventTime: at,
      })
    } else if (result.result === 'failed') {
      deps.log.error('task-failed', { taskArn: arn, reason: explain(result.error) })
    }
  }
  return [...applied.values()].filter(({ result }) => result === 'written').length
}

async function removeTombstones(
  cluster: ReturnType<typeof parseClusterArn>,
  known: Known,
  deps: ReconcileDeps,
): Promise<number> {
  let removed = 0
  for (const chunk of chunksOf(oldTombstones(known.values(), deps.now()), opsLimit)) {
    const ops = chunk.map(({ taskId, index }) =>
      deleteCasOp(ledgerKey(deps.prefix, { ...cluster, taskId }), index),
    )
    // One that somebody wrote meanwhile fails them all; the next pass tries again.
    if ((await runTxn(deps.consul, ops)).ok) removed += chunk.length
  }
  return removed
}
