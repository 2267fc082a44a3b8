import { type Canary, type CanaryDeps, createCanary } from './canary.ts'
import type { Channel } from './channel.ts'
import { type Channels, identitiesOf } from './channels.ts'
import type { Meter } from './measure.ts'
import { isPublished } from './pending.ts'
import { createTrack, type Planned, type Track, type TrackDeps } from './track.ts'

/** What was last planned; `stable` is null without a canary. */
export type Plans = { readonly lead: Planned; readonly stable: Planned | null }

/** The channels that one publisher writes, the one with the newest layout first. */
export type Tracks = {
  readonly lead: Track
  readonly stable: Track | null
  readonly canary: Canary | null
  readonly channels: () => readonly Channel[]
  /** Publishes what differs. Returns when it last did, in Unix milliseconds; null where nothing differs. */
  readonly put: (plans: Plans, firstChangeAt: number | undefined) => Promise<number | null>
  readonly keepSigned: () => Promise<void>
  /** How often something was published. */
  readonly published: () => number
}

export type TracksDeps = TrackDeps & {
  /** Without one the channel always has the newest layout. */
  readonly canary?: CanaryDeps | null
}

export function createTracks(deps: TracksDeps, opened: Channels, meter: Meter): Tracks {
  const lead = createTrack({ ...deps, identity: identitiesOf(deps).lead }, opened.lead, meter)
  const stable = opened.stable === null ? null : createTrack(deps, opened.stable, meter)
  const all = stable === null ? [lead] : [lead, stable]
  let published = 0

  async function put(plans: Plans, firstChangeAt: number | undefined): Promise<number | null> {
    const first = await count(lead.put(plans.lead, firstChangeAt, generationOf(stable)))
    const second = plans.stable && (await putStable(plans.stable, firstChangeAt))
    return second ?? first
  }

  /** What is remembered is always written to the canary first, so that what stands there is the newest whatever happens between. */
  async function putStable(planned: Planned, firstChangeAt: number | undefined): Promise<number | null> {
    const { composed, state } = planned.plan
    if (stable === null || composed === null || isPublished(composed, stable.channel())) return null
    await lead.remember(state)
    return count(stable.put(planned, firstChangeAt, generationOf(lead)))
  }

  async function count(put: Promise<number | null>): Promise<number | null> {
    const at = await put
    if (at !== null) published += 1
    return at
  }

  return {
    ...{ lead, stable, put },
    canary: stable && deps.canary ? createCanary(deps, deps.canary, lead, stable, meter) : null,
    channels: () => all.map(({ channel }) => channel()),
    keepSigned: async () => {
      for (const track of all) await track.keepSigned()
    },
    published: () => published,
  }
}

function generationOf(track: Track | null): number {
  return track?.channel().pointer?.generation ?? 0
}
