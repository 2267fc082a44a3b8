import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import { explain } from '../../core/errors.ts'
import type { ServiceIndexes } from '../../core/publish/followed.ts'
import type { SourceKey } from '../../core/release/endpoints.ts'
import type { Need } from '../../core/template/need.ts'
import { createLedgerAsker, type ReadEvidence } from './ask-ledger.ts'
import { isConflict } from './channel.ts'
import type { Channels } from './channels.ts'
import type { FleetWatch } from './fleet-watch.ts'
import { createKeeper, type Keeper, type KeeperDeps } from './keeper.ts'
import type { Meter } from './measure.ts'
import type { Seen } from './plan.ts'
import { createTrouble } from './trouble.ts'
import { createWake } from './wake.ts'

/** Consul as far as it is followed; what was never read is missing from `services`, and undefined in `others`. */
export type SourceWatch = {
  readonly indexes: () => ServiceIndexes
  readonly services: ReadonlyMap<SourceKey, ServiceSnapshot>
  readonly others: Seen['others']
  /** Sets what is followed: services, and what of the needs are keys or nodes. */
  readonly follow: (sources: ReadonlySet<SourceKey>, needs: readonly Need[]) => void
  readonly stop: () => Promise<void>
}

export type WatchEvents = {
  readonly onChange: () => void
  readonly onFailure: (dependency: string, error: unknown) => void
  readonly onRecovery: (dependency: string) => void
  readonly remainingMs: () => number
}

export type FollowDeps = KeeperDeps & {
  readonly meter: Meter
  readonly fleet: FleetWatch
  readonly watch: (events: WatchEvents) => SourceWatch
  readonly readEvidence: ReadEvidence
}

/** Why following came to an end. After a `conflict` the channel must be opened again before anything is written. */
export type FollowEnd = { readonly reason: 'conflict' | 'ended'; readonly published: number }

/** How long the first look waits for services that can't be read; after it the others go on without them. */
const firstReadMs = 10_000
const retryMs = 2_000

/** Keeps the channels in step with the catalog until the signal aborts or another publisher replaces a pointer. */
export async function followCatalog(
  deps: FollowDeps,
  opened: Channels,
  deadline: number,
  signal: AbortSignal,
): Promise<FollowEnd> {
  const { log, now, meter, fleet } = deps
  const trouble = createTrouble(log, now)
  const wake = createWake()
  let news = false
  const onChange = () => {
    news = true
    wake.call()
  }
  const watch = deps.watch({
    onChange,
    onFailure: trouble.failed,
    onRecovery: trouble.recovered,
    remainingMs: () => deadline - now(),
  })
  const readEvidence: ReadEvidence = async (keys) => {
    const evidence = await deps.readEvidence(keys)
    trouble.recovered('ledger')
    return evidence
  }
  const asker = createLedgerAsker(readEvidence, wake.call, (error) => trouble.failed('ledger', error), now)
  const keeper = createKeeper(deps, opened, asker, meter)
  const patientUntil = now() + firstReadMs
  try {
    while (!signal.aborted && now() < deadline) {
      const impatient = now() >= patientUntil
      const sources = readySources(deps, watch, keeper, impatient)
      if (sources !== null && !review(watch, keeper, sources) && news)
        log.info('publish-unchanged', { services: sources.size })
      news &&= sources === null
      const isReady = sources !== null && (impatient || !keeper.lacks())
      const result = isReady ? await tryAct(keeper, deps) : Math.max(patientUntil, now() + retryMs)
      if (result === 'conflict') return { reason: 'conflict', published: keeper.published() }
      const tickAt = [
        meter.tick(sources !== null && keeper.isInStep(), trouble.failing()),
        fleet.tick(keeper.pointers()),
      ]
      await wake.sleep(Math.max(1, Math.min(deadline, result, ...tickAt) - now()), signal)
    }
    // Without it the next publisher knows what was published last; another one that is faster knows better.
    await keeper.leave().catch((error) => log.info('hand-over-failed', { error: explain(error) }))
    return { reason: 'ended', published: keeper.published() }
  } finally {
    await watch.stop()
  }
}

/** What templates turn out to read is followed at once. Returns whether anything is to be published. */
function review(watch: SourceWatch, keeper: Keeper, followed: ReadonlySet<SourceKey>): boolean {
  const { services, others } = watch
  const indexes = watch.indexes()
  const before = keeper.needs()
  const pending = keeper.review({ services, others, indexes, followed })
  const needs = keeper.needs()
  if (needs !== before) watch.follow(keeper.followed(indexes), needs)
  return pending
}

/**
 * Follows the sources that matter now; null while some of them, or a datacenter, were never read and there is time to wait for
 * them. A first release needs a list of services; later ones go on without it, with the services that the layouts in force name.
 */
function readySources(
  { datacenters }: FollowDeps,
  watch: SourceWatch,
  keeper: Keeper,
  impatient: boolean,
): ReadonlySet<SourceKey> | null {
  const indexes = watch.indexes()
  if (indexes.size === 0 && !keeper.hasRelease()) return null
  const sources = keeper.followed(indexes)
  watch.follow(sources, keeper.needs())
  if (impatient) return sources
  const isComplete =
    indexes.size >= datacenters.length && [...sources].every((source) => watch.services.has(source))
  return isComplete ? sources : null
}

/** Returns when to come back. A bucket that can't be written is tried again, with whatever is right by then. */
async function tryAct(keeper: Keeper, { log, meter, now }: FollowDeps): Promise<number | 'conflict'> {
  try {
    await keeper.act()
    return keeper.dueAt()
  } catch (error) {
    if (isConflict(error)) return 'conflict'
    meter.failure()
    log.error('publish-failed', { error: explain(error) })
    return now() + retryMs
  }
}
