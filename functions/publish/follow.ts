import type { ServiceIndex } from '../../core/catalog/parse-services.ts'
import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import { explain } from '../../core/errors.ts'
import { contentDigest } from '../../core/publish/compose.ts'
import { followedServices } from '../../core/publish/followed.ts'
import { resignAt } from '../../core/publish/next-pointer.ts'
import {
  noteChange,
  noteNothing,
  notePublish,
  type Pace,
  publishAt,
  startPace,
} from '../../core/publish/pace.ts'
import { changesBetween } from '../../core/publish/publication.ts'
import type { PaceSettings } from '../../core/settings/settings.ts'
import { createAnnouncer, type PublishLog } from './announce.ts'
import { createLedgerAsker, type ReadEvidence } from './ask-ledger.ts'
import { type Channel, type ChannelDeps, isConflict, publish, resign } from './channel.ts'
import { createPlanner, type Plan, type PlanDeps } from './plan.ts'
import { createWake } from './wake.ts'

/** The catalog as far as it is followed; what was never read is missing from `services`. */
export type CatalogWatch = {
  readonly index: () => ServiceIndex | null
  readonly services: ReadonlyMap<string, ServiceSnapshot>
  readonly failing: ReadonlySet<string>
  readonly follow: (names: ReadonlySet<string>) => void
  readonly stop: () => Promise<void>
}

export type WatchEvents = {
  readonly onChange: () => void
  readonly onFailure: (dependency: string, error: unknown) => void
  readonly remainingMs: () => number
}

export type FollowDeps = ChannelDeps &
  PlanDeps & {
    readonly watch: (events: WatchEvents) => CatalogWatch
    readonly readEvidence: ReadEvidence
    readonly pace: PaceSettings
    /** Services that the operator's routes name. */
    readonly operatorServices: readonly string[]
    readonly log: PublishLog
  }

/** Why following came to an end. After a `conflict` the channel must be opened again before anything is written. */
export type FollowEnd = { readonly reason: 'conflict' | 'ended'; readonly published: number }

/** How long the first look waits for services that can't be read; after it the others go on without them. */
const firstReadMs = 10_000
const putRetryMs = 2_000

/** Keeps a channel in step with the catalog until the signal aborts or another publisher replaces the pointer. */
export async function followCatalog(
  deps: FollowDeps,
  opened: Channel,
  deadline: number,
  signal: AbortSignal,
): Promise<FollowEnd> {
  const { log, now } = deps
  const wake = createWake()
  let news = false
  const fail = (dependency: string, error: unknown) =>
    log.warn('watch-failed', { dependency, error: explain(error) })
  const changed = () => {
    news = true
    wake.call()
  }
  const watch = deps.watch({ onChange: changed, onFailure: fail, remainingMs: () => deadline - now() })
  const asker = createLedgerAsker(deps.readEvidence, wake.call, (error) => fail('ledger', error), now)
  const announcer = createAnnouncer(log, deps.releases)
  const plan = createPlanner(deps)
  const began = now()
  let channel = opened
  let state = opened.state
  let pace = startPace(deps.pace, began)
  let newest = opened.layout
  let planned = opened.pointer === null ? '' : contentDigest(opened.pointer)
  let retryAt = 0
  let published = 0

  function followed(index: ServiceIndex): ReadonlySet<string> {
    const layouts = [channel.layout, channel.previousLayout, channel.pinned, newest]
    const inUse = layouts.flatMap((stored) => (stored === null ? [] : [stored.layout]))
    return followedServices(index, deps.operatorServices, inUse, deps.datacenter)
  }

  async function put(next: Plan, startedAt: number): Promise<void> {
    const { composed, look, problems } = next
    if (composed === null) return
    const plannedAt = now()
    const before = channel
    const firstChangeAt = pace.pending?.firstAt ?? plannedAt
    const after = await publish(deps, before, composed, next.state)
    channel = after
    published += 1
    const publishedAt = now()
    pace = notePublish(pace, deps.pace, publishedAt)
    const took = { render: plannedAt - startedAt, put: publishedAt - plannedAt }
    await announcer.published(before, after, { composed, look, problems, took, firstChangeAt, publishedAt })
  }

  /** Plans, and publishes or signs again if that is due. Returns when to do so next without any news. */
  async function step(names: ReadonlySet<string>): Promise<number> {
    const startedAt = now()
    const seen = { services: watch.services, followed: names, evidence: asker.evidence(), now: startedAt }
    const next = plan(seen, state, channel)
    state = next.state
    newest = next.newest ?? newest
    announcer.note(next.look, next.problems)
    pace = paceFor(pace, next, channel, planned, startedAt)
    planned = next.composed === null ? planned : contentDigest(next.composed.content)
    const askAt = asker.ask(next.look.questions, startedAt)
    const due = publishAt(pace, deps.pace)
    if (news && due === null) log.info('publish-unchanged', { services: names.size })
    news = false
    if (due !== null && Math.max(due, retryAt) <= startedAt) await put(next, startedAt)
    else if (channel.pointer !== null && channel.etag !== null && resignAt(channel.pointer) <= startedAt)
      channel = { ...channel, ...(await resign(deps, { pointer: channel.pointer, etag: channel.etag })) }
    const again = channel.pointer === null ? null : resignAt(channel.pointer)
    const waiting = publishAt(pace, deps.pace)
    const times = [askAt, next.look.wakeAt, again, waiting === null ? null : Math.max(waiting, retryAt)]
    return Math.min(deadline, ...times.filter((time) => time !== null))
  }

  try {
    while (!signal.aborted && now() < deadline) {
      const index = watch.index()
      const names = index === null ? null : followed(index)
      if (names !== null) watch.follow(names)
      const complete = names !== null && [...names].every((name) => watch.services.has(name))
      let until = Math.min(deadline, Math.max(began + firstReadMs, now() + 1_000))
      if (names !== null && (complete || now() - began >= firstReadMs)) {
        try {
          until = await step(names)
        } catch (error) {
          if (isConflict(error)) return { reason: 'conflict', published }
          log.error('publish-failed', { error: explain(error) })
          retryAt = now() + putRetryMs
          until = Math.min(deadline, retryAt)
        }
      }
      await wake.sleep(Math.max(1, until - now()), signal)
    }
    return { reason: 'ended', published }
  } finally {
    await watch.stop()
  }
}

/** Starts, keeps or ends the waiting of a change. A removal is urgent: each moment with a dead address costs requests. */
function paceFor(pace: Pace, plan: Plan, channel: Channel, planned: string, now: number): Pace {
  if (plan.composed === null) return noteNothing(pace)
  const digest = contentDigest(plan.composed.content)
  if (channel.pointer !== null && digest === contentDigest(channel.pointer)) return noteNothing(pace)
  if (digest === planned && pace.pending !== null) return pace
  const changes = changesBetween(channel.endpoints, plan.composed.endpoints, () => undefined)
  return noteChange(
    pace,
    now,
    changes.some(({ left }) => left.length > 0),
  )
}
