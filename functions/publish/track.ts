import { resignAt } from '../../core/publish/next-pointer.ts'
import type { PublisherState } from '../../core/publish/state.ts'
import type { Pointer } from '../../core/release/channel.ts'
import { type Announcer, createAnnouncer, type PublishLog } from './announce.ts'
import { type Channel, type ChannelDeps, handOver, publish, replacePointer, resign } from './channel.ts'
import type { Meter } from './measure.ts'
import { isPublished } from './pending.ts'
import { createPinLook, type PinLookDeps } from './pin-look.ts'
import type { Plan } from './plan.ts'

export type TrackDeps = ChannelDeps & PinLookDeps & { readonly log: PublishLog }

/** A plan, and when it was begun and ready. */
export type Planned = { readonly plan: Plan; readonly startedAt: number; readonly plannedAt: number }

/** One channel and its pointer, which only moves from what we know it to be. All throw RELEASE_CONFLICT where another was faster. */
export type Track = {
  readonly channel: () => Channel
  readonly announcer: Announcer
  /** Publishes what differs, under a generation above `above`. Returns when, null where nothing does. */
  readonly put: (planned: Planned, firstChangeAt: number | undefined, above: number) => Promise<number | null>
  /** Signs the pointer again when that is due, and looks whether it still has the pin that we know. */
  readonly keepSigned: () => Promise<void>
  /** Leaves to the next publisher what this one remembers. */
  readonly remember: (state: PublisherState | undefined) => Promise<void>
  /** Replaces the pointer by what `change` makes of it; `more` is what else of the channel is known to be different then. */
  readonly edit: (change: (pointer: Pointer) => Pointer, more?: Partial<Channel>) => Promise<void>
  /** Unix milliseconds of the next signature or look; null before the first publication. */
  readonly dueAt: () => number | null
}

export function createTrack(deps: TrackDeps, opened: Channel, meter: Meter): Track {
  const announcer = createAnnouncer(deps.log, deps.releases, meter, deps.now)
  const pinLook = createPinLook(deps)
  let channel = opened

  async function put(
    { plan, startedAt, plannedAt }: Planned,
    firstChangeAt: number | undefined,
    above: number,
  ): Promise<number | null> {
    const { composed, look, problems, state } = plan
    if (composed === null || isPublished(composed, channel)) return null
    const before = channel
    const putAt = deps.now()
    const after = await publish({ ...deps, identity: { ...deps.identity, above } }, before, composed, state)
    channel = after
    const publishedAt = deps.now()
    const took = { render: plannedAt - startedAt, put: publishedAt - putAt }
    const what = { composed, look, problems, took, publishedAt, firstChangeAt: firstChangeAt ?? startedAt }
    await announcer.published(before, after, what)
    return publishedAt
  }

  async function keepSigned(): Promise<void> {
    const { pointer, etag } = channel
    if (pointer === null || etag === null) return
    if (resignAt(pointer) <= deps.now()) {
      channel = { ...channel, ...(await resign(deps, { pointer, etag })) }
      return
    }
    await pinLook.look(pointer)
  }

  async function edit(change: (pointer: Pointer) => Pointer, more: Partial<Channel> = {}): Promise<void> {
    const { pointer, etag } = channel
    if (pointer === null || etag === null) return
    channel = { ...channel, ...more, ...(await replacePointer(deps, change(pointer), etag)) }
  }

  return {
    ...{ put, keepSigned, edit, announcer },
    channel: () => channel,
    remember: async (state) => {
      channel = await handOver(deps, channel, state)
    },
    dueAt: () => {
      const { pointer } = channel
      return pointer === null ? null : Math.min(resignAt(pointer), pinLook.dueAt())
    },
  }
}
