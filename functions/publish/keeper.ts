import type { FollowSettings } from '../../core/publish/followed.ts'
import { notePublish, publishAt, startPace } from '../../core/publish/pace.ts'
import type { Pointer } from '../../core/release/channel.ts'
import type { PaceSettings } from '../../core/settings/settings.ts'
import type { LedgerAsker } from './ask-ledger.ts'
import type { Channels } from './channels.ts'
import { createFollowing, type Following } from './following.ts'
import type { Meter } from './measure.ts'
import { type Aim, paceFor } from './pending.ts'
import { createPlanner, type PlanDeps, type Seen } from './plan.ts'
import { createStablePlanner } from './plan-stable.ts'
import { createTracks, type Plans, type Tracks, type TracksDeps } from './tracks.ts'

export type KeeperDeps = TracksDeps & PlanDeps & FollowSettings & { readonly pace: PaceSettings }

export type SeenCatalog = Pick<Seen, 'services' | 'followed' | 'indexes' | 'others'>

/** Keeps the opened channels in step with what it is shown. */
export type Keeper = Following & {
  /** Whether an operator's file that isn't in force waits for data to be read. */
  readonly lacks: () => boolean
  /** Whether the channels hold a release, this publisher's or an earlier one's. */
  readonly hasRelease: () => boolean
  /** Takes in what the catalog says. Returns whether anything is to be published. */
  readonly review: (catalog: SeenCatalog) => boolean
  /** Publishes, or signs again, if that is due. Throws RELEASE_CONFLICT where another publisher was faster. */
  readonly act: () => Promise<void>
  /** Unix milliseconds at which something is due without any news. */
  readonly dueAt: () => number
  readonly published: () => number
  /** What the channels say now. */
  readonly pointers: () => readonly Pointer[]
  /** Whether what was last seen is published. */
  readonly isInStep: () => boolean
  /** Leaves to the next publisher what this one remembers. */
  readonly leave: () => Promise<void>
}

export function createKeeper(deps: KeeperDeps, opened: Channels, asker: LedgerAsker, meter: Meter): Keeper {
  const { now } = deps
  const tracks = createTracks(deps, opened, meter)
  const { lead, stable, canary } = tracks
  const plan = createPlans(deps)
  let pace = startPace(deps.pace, now())
  let last: Plans | null = null
  let askAt: number | null = null
  const following = createFollowing(deps, () => ({
    channels: tracks.channels(),
    plan: last?.lead.plan ?? null,
  }))

  function review(catalog: SeenCatalog): boolean {
    const seen = { ...catalog, evidence: asker.evidence(), now: now() }
    const next = plan(seen, tracks, last)
    pace = paceFor(pace, aimsOf(tracks, next, last), seen.now)
    last = next
    const { look } = next.lead.plan
    lead.announcer.note(next.lead.plan)
    stable?.announcer.noteLeft(look)
    askAt = asker.ask(look.questions, seen.now)
    return pace.pending !== null
  }

  async function act(): Promise<void> {
    const due = publishAt(pace, deps.pace)
    if (last !== null && due !== null && due <= now()) {
      const at = await tracks.put(last, pace.pending?.firstAt)
      if (at !== null) pace = notePublish(pace, deps.pace, at)
    } else await tracks.keepSigned()
    await canary?.tend(last?.lead.plan.state)
  }

  const dueAt = () => {
    const again = [lead.dueAt(), stable?.dueAt() ?? null, canary?.dueAt() ?? null]
    return earliest([askAt, last?.lead.plan.look.wakeAt ?? null, ...again, publishAt(pace, deps.pace)])
  }

  // What waits to be published is remembered with its publication.
  const leave = async () => (pace.pending === null ? lead.remember(last?.lead.plan.state) : undefined)

  return {
    ...{ ...following, review, act, dueAt, leave },
    lacks: () => [last?.lead, last?.stable].some((one) => one?.plan.lacks === true),
    hasRelease: () => tracks.channels().every(({ pointer }) => pointer !== null),
    published: tracks.published,
    pointers: () => tracks.channels().flatMap(({ pointer }) => pointer ?? []),
    isInStep: () => last !== null && pace.pending === null,
  }
}

/** Plans every channel from one look at the catalog; what is remembered is the same for all. */
function createPlans(deps: KeeperDeps): (seen: Seen, tracks: Tracks, last: Plans | null) => Plans {
  const planLead = createPlanner(deps)
  const planStable = createStablePlanner(deps)

  return (seen, { lead, stable }, last) => {
    const state = last?.lead.plan.state ?? lead.channel().state
    const newest = planLead(seen, state, lead.channel())
    const kept = stable && planStable(seen, newest, state.templates, stable.channel())
    const times = { startedAt: seen.now, plannedAt: deps.now() }
    const plan = kept === null ? newest : { ...newest, state: kept.state }
    return { lead: { plan, ...times }, stable: kept && { plan: kept, ...times } }
  }
}

function aimsOf({ lead, stable }: Tracks, next: Plans, last: Plans | null): readonly Aim[] {
  const first = { channel: lead.channel(), plan: next.lead.plan, last: last?.lead.plan ?? null }
  if (stable === null || next.stable === null) return [first]
  return [first, { channel: stable.channel(), plan: next.stable.plan, last: last?.stable?.plan ?? null }]
}

function earliest(times: readonly (number | null)[]): number {
  return Math.min(...times.filter((time) => time !== null))
}
