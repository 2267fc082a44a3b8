import type { FollowSettings } from '../../core/publish/followed.ts'
import { resignAt } from '../../core/publish/next-pointer.ts'
import { notePublish, publishAt, startPace } from '../../core/publish/pace.ts'
import type { PaceSettings } from '../../core/settings/settings.ts'
import { createAnnouncer, type PublishLog } from './announce.ts'
import type { LedgerAsker } from './ask-ledger.ts'
import { type Channel, type ChannelDeps, handOver, publish, resign } from './channel.ts'
import { createFollowing, type Following } from './following.ts'
import type { Meter } from './measure.ts'
import { paceFor } from './pending.ts'
import { createPinLook, type PinLook, type PinLookDeps } from './pin-look.ts'
import { createPlanner, type Plan, type PlanDeps, type Seen } from './plan.ts'

export type KeeperDeps = ChannelDeps &
  PlanDeps &
  FollowSettings &
  PinLookDeps & {
    readonly pace: PaceSettings
    readonly log: PublishLog
  }

export type SeenCatalog = Pick<Seen, 'services' | 'followed' | 'indexes' | 'others'>

/** Keeps one opened channel in step with what it is shown. */
export type Keeper = Following & {
  /** Whether an operator's file that isn't in force waits for data to be read. */
  readonly lacks: () => boolean
  /** Whether the channel holds a release, this publisher's or an earlier one's. */
  readonly hasRelease: () => boolean
  /** Takes in what the catalog says. Returns whether anything is to be published. */
  readonly review: (catalog: SeenCatalog) => boolean
  /** Publishes, or signs again, if that is due. Throws RELEASE_CONFLICT where another publisher was faster. */
  readonly act: () => Promise<void>
  /** Unix milliseconds at which something is due without any news. */
  readonly dueAt: () => number
  readonly published: () => number
  /** Whether what was last seen is published. */
  readonly isInStep: () => boolean
  /** Leaves to the next publisher what this one remembers. */
  readonly leave: () => Promise<void>
}

export function createKeeper(deps: KeeperDeps, opened: Channel, asker: LedgerAsker, meter: Meter): Keeper {
  const { now } = deps
  const announcer = createAnnouncer(deps.log, deps.releases, meter, now)
  const plan = createPlanner(deps)
  const pinLook = createPinLook(deps)
  let channel = opened
  let pace = startPace(deps.pace, now())
  let last: Planned | null = null
  let askAt: number | null = null
  let published = 0
  const following = createFollowing(deps, () => [channel, last?.plan ?? null])

  function review(catalog: SeenCatalog): boolean {
    const startedAt = now()
    const seen = { ...catalog, evidence: asker.evidence(), now: startedAt }
    const next = plan(seen, last?.plan.state ?? channel.state, channel)
    pace = paceFor(pace, next, last?.plan ?? null, channel, startedAt)
    last = { plan: next, startedAt, plannedAt: now() }
    announcer.note(next)
    askAt = asker.ask(next.look.questions, startedAt)
    return pace.pending !== null
  }

  async function act(): Promise<void> {
    const due = publishAt(pace, deps.pace)
    if (due !== null && due <= now()) return put()
    channel = await keepSigned(deps, pinLook, channel)
  }

  async function put(): Promise<void> {
    const [before, firstAt] = [channel, pace.pending?.firstAt]
    const done = last === null ? null : await putPlanned(deps, before, last)
    if (done === null) return
    channel = done.after
    published += 1
    pace = notePublish(pace, deps.pace, done.publishedAt)
    await announcer.published(before, done.after, { ...done, firstChangeAt: firstAt ?? done.startedAt })
  }

  const dueAt = () =>
    earliest([askAt, last?.plan.look.wakeAt ?? null, againAt(channel, pinLook), publishAt(pace, deps.pace)])

  // What waits to be published is remembered with its publication.
  const leave = async () => (pace.pending === null ? handOver(deps, channel, last?.plan.state) : undefined)

  return {
    ...{ ...following, review, act, dueAt, leave },
    lacks: () => last?.plan.lacks === true,
    hasRelease: () => channel.pointer !== null,
    published: () => published,
    isInStep: () => last !== null && pace.pending === null,
  }
}

/** A plan, and when it was begun and ready. */
type Planned = { readonly plan: Plan; readonly startedAt: number; readonly plannedAt: number }

/** Null where the plan has nothing that may be published. */
async function putPlanned(deps: ChannelDeps, channel: Channel, { plan, startedAt, plannedAt }: Planned) {
  const { composed, look, problems, state } = plan
  if (composed === null) return null
  const putAt = deps.now()
  const after = await publish(deps, channel, composed, state)
  const publishedAt = deps.now()
  const took = { render: plannedAt - startedAt, put: publishedAt - putAt }
  return { after, composed, look, problems, took, startedAt, publishedAt }
}

/** Signs the pointer again when that is due, and looks whether it still has the pin that we know. */
async function keepSigned(deps: ChannelDeps, pinLook: PinLook, channel: Channel): Promise<Channel> {
  const { pointer, etag } = channel
  if (pointer === null || etag === null) return channel
  if (resignAt(pointer) <= deps.now()) return { ...channel, ...(await resign(deps, { pointer, etag })) }
  await pinLook.look(pointer)
  return channel
}

function againAt({ pointer }: Channel, pinLook: PinLook): number | null {
  return pointer === null ? null : Math.min(resignAt(pointer), pinLook.dueAt())
}

function earliest(times: readonly (number | null)[]): number {
  return Math.min(...times.filter((time) => time !== null))
}
