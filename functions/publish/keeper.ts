import type { FollowSettings } from '../../core/publish/followed.ts'
import { resignAt } from '../../core/publish/next-pointer.ts'
import { notePublish, publishAt, startPace } from '../../core/publish/pace.ts'
import type { PaceSettings } from '../../core/settings/settings.ts'
import { createAnnouncer, type PublishLog } from './announce.ts'
import type { LedgerAsker } from './ask-ledger.ts'
import { type Channel, type ChannelDeps, publish, resign } from './channel.ts'
import { createFollowing, type Following } from './following.ts'
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
  /** Whether templates asked for something that was not read yet. */
  readonly lacks: () => boolean
  /** Takes in what the catalog says. Returns whether anything is to be published. */
  readonly review: (catalog: SeenCatalog) => boolean
  /** Publishes, or signs again, if that is due. Throws RELEASE_CONFLICT where another publisher was faster. */
  readonly act: () => Promise<void>
  /** Unix milliseconds at which something is due without any news. */
  readonly dueAt: () => number
  readonly published: () => number
}

export function createKeeper(deps: KeeperDeps, opened: Channel, asker: LedgerAsker): Keeper {
  const { now } = deps
  const announcer = createAnnouncer(deps.log, deps.releases, now)
  const plan = createPlanner(deps)
  const pinLook = createPinLook(deps)
  let channel = opened
  let pace = startPace(deps.pace, now())
  let last: { readonly plan: Plan; readonly startedAt: number; readonly plannedAt: number } | null = null
  let askAt: number | null = null
  let published = 0
  const following = createFollowing(deps, () => [channel, last?.plan ?? null])

  function review(catalog: SeenCatalog): boolean {
    const startedAt = now()
    const seen = { ...catalog, evidence: asker.evidence(), now: startedAt }
    const next = plan(seen, last?.plan.state ?? channel.state, channel)
    pace = paceFor(pace, next, last?.plan ?? null, channel, startedAt)
    last = { plan: next, startedAt, plannedAt: now() }
    announcer.note(next.look, next.problems)
    askAt = asker.ask(next.look.questions, startedAt)
    return pace.pending !== null
  }

  async function act(): Promise<void> {
    const due = publishAt(pace, deps.pace)
    if (due !== null && due <= now()) return put()
    channel = await keepSigned(deps, pinLook, channel)
  }

  async function put(): Promise<void> {
    if (last === null) return
    const { startedAt, plannedAt } = last
    const { composed, look, problems, state } = last.plan
    if (composed === null) return
    const before = channel
    const firstChangeAt = pace.pending?.firstAt ?? startedAt
    const putAt = now()
    const after = await publish(deps, before, composed, state)
    const publishedAt = now()
    channel = after
    published += 1
    pace = notePublish(pace, deps.pace, publishedAt)
    const took = { render: plannedAt - startedAt, put: publishedAt - putAt }
    await announcer.published(before, after, { composed, look, problems, took, firstChangeAt, publishedAt })
  }

  const dueAt = () =>
    earliest([askAt, last?.plan.look.wakeAt ?? null, againAt(channel, pinLook), publishAt(pace, deps.pace)])

  const lacks = () => last !== null && last.plan.missing.length > 0
  return { ...following, lacks, review, act, dueAt, published: () => published }
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
