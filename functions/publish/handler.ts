import type { Metrics } from '../../adapters/metrics.ts'
import { explain, isRetryable } from '../../core/errors.ts'
import { decideTick, type LeaderRecord } from '../../core/publish/leader.ts'
import { resignAt } from '../../core/publish/next-pointer.ts'
import { isConflict, type PointerSigner, readChannel, resign } from './channel.ts'
import { identitiesOf, openChannels } from './channels.ts'
import { createFleetWatch, type FleetDeps } from './fleet-watch.ts'
import { type FollowDeps, followCatalog } from './follow.ts'
import { createMeter } from './measure.ts'

/** The lock that names the one publisher at work. `ended` aborts when it is lost or another version asks for it. */
export type LeaderLock = {
  readonly read: () => Promise<LeaderRecord | null>
  readonly acquire: () => Promise<boolean>
  readonly askToYield: () => Promise<void>
  readonly ended: AbortSignal
  readonly release: () => Promise<void>
}

export type PublishDeps = Omit<FollowDeps, 'signer' | 'watch' | 'meter' | 'fleet'> & {
  readonly metrics: Metrics
  /** What hosts have reported since a time in Unix milliseconds. */
  readonly readReports: FleetDeps['readReports']
  /** Made when first needed: a KMS key is asked for its public half. */
  readonly openSigner: () => Promise<PointerSigner>
  readonly openWatch: () => Promise<FollowDeps['watch']>
  readonly openLock: (own: LeaderRecord) => LeaderLock
  /** Which code and settings this publisher has: a leader with others is asked to make room. */
  readonly version: { readonly code: string; readonly config: string }
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
  /** At least 0, below 1. */
  readonly random: () => number
  /** Ends the work within a moment, wherever it stands. */
  readonly signal: AbortSignal
}

/** What one invocation came to. `left`: another publisher is at work, and all is well. */
export type PublishRecord = {
  readonly outcome: 'led' | 'left'
  readonly published: number
  readonly conflicts: number
}

export type InvocationContext = { readonly getRemainingTimeInMillis: () => number }

const longestMarginMs = 10_000
const lockRetryMs = 200
const openRetryMs = 2_000
const longestStepBackMs = 20_000

/**
 * One tick of the publisher. It leads until its time is nearly over, unless another one leads: then it leaves at once, or waits to take
 * over where that one's time is nearly over or its version is another. Throws where nothing could be done at all, so that the
 * function's error metric shows it.
 */
export function createHandler(
  deps: PublishDeps,
): (event: unknown, context: InvocationContext, signal?: AbortSignal) => Promise<PublishRecord> {
  return async (_event, context, given) => {
    const remaining = context.getRemainingTimeInMillis()
    const deadline = deps.now() + remaining - Math.min(longestMarginMs, remaining / 10)
    const stop = given === undefined ? deps.signal : AbortSignal.any([deps.signal, given])
    const lock = deps.openLock({ ...deps.version, deadline })
    try {
      if (!(await takeLead(deps, lock, deadline, stop)))
        return { outcome: 'left', published: 0, conflicts: 0 }
      deps.log.info('became-leader', { ...deps.version, deadline: new Date(deadline).toISOString() })
      return await lead(deps, deadline, AbortSignal.any([stop, lock.ended]))
    } finally {
      // A lock that can't be released now ends by itself with its session.
      await lock.release().catch(() => {})
      deps.metrics.flush()
    }
  }
}

async function takeLead(
  deps: PublishDeps,
  lock: LeaderLock,
  deadline: number,
  stop: AbortSignal,
): Promise<boolean> {
  const decision = await decide(deps, lock, deadline)
  if (decision === 'leave') {
    await prolong(deps)
    return false
  }
  if (decision === 'ask to yield') await lock.askToYield()
  while (!stop.aborted && deps.now() < deadline) {
    if (await lock.acquire()) return true
    await deps.pause(lockRetryMs, stop)
  }
  return false
}

async function decide(deps: PublishDeps, lock: LeaderLock, deadline: number) {
  try {
    return decideTick(await lock.read(), { ...deps.version, deadline }, deps.now())
  } catch (error) {
    // Without Consul nothing new can be said, but what was said must not run out.
    await prolong(deps)
    throw error
  }
}

/** Signs each pointer again if a third of its life is over; needs neither lock nor Consul. */
async function prolong(deps: PublishDeps): Promise<void> {
  const { lead: first, stable } = identitiesOf(deps)
  for (const identity of stable === null ? [first] : [first, stable]) await prolongOne({ ...deps, identity })
}

async function prolongOne(deps: PublishDeps): Promise<void> {
  const signer = await deps.openSigner()
  const published = await readChannel({ ...deps, signer })
  if (published === null || resignAt(published.pointer) > deps.now()) return
  try {
    await resign({ ...deps, signer }, published)
  } catch (error) {
    if (!isConflict(error)) throw error
  }
}

async function lead(deps: PublishDeps, deadline: number, signal: AbortSignal): Promise<PublishRecord> {
  const [signer, watch] = await Promise.all([deps.openSigner(), deps.openWatch()])
  const meter = createMeter(deps.metrics, deps.now)
  const following = { ...deps, signer, watch, meter, fleet: createFleetWatch(deps) }
  let published = 0
  let conflicts = 0
  let inARow = 0
  while (!signal.aborted && deps.now() < deadline) {
    try {
      const channels = await openChannels(following)
      const end = await followCatalog(following, channels, deadline, signal)
      published += end.published
      inARow = end.published > 0 ? 0 : inARow
      if (end.reason === 'conflict') {
        conflicts += 1
        inARow += 1
        meter.conflict()
        deps.log.warn('publish-conflict', { conflicts })
        await deps.pause(stepBackMs(inARow, deps.random()), signal)
      }
    } catch (error) {
      if (!isRetryable(error)) throw error
      meter.failure()
      deps.log.error('publish-failed', { error: explain(error) })
      await deps.pause(openRetryMs * (0.5 + deps.random()), signal)
    }
    // What couldn't even be opened is out of step too.
    meter.tick(false, 0)
  }
  return { outcome: 'led', published, conflicts }
}

/**
 * After one conflict there is no time to lose. But a fence shuts out every other writer, so publishers that keep meeting each
 * other, as when the lock doesn't hold, must step back at random or none of them ever gets from its fence to its write.
 */
function stepBackMs(conflictsInARow: number, random: number): number {
  if (conflictsInARow < 2) return 0
  return random * Math.min(longestStepBackMs, 50 * 2 ** conflictsInARow)
}
