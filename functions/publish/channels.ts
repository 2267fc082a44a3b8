import type { ChannelIdentity } from '../../core/publish/next-pointer.ts'
import { repromoted } from '../../core/publish/promotion.ts'
import type { PublishLog } from './announce.ts'
import { type Channel, type ChannelDeps, openChannel, replacePointer, viewChannel } from './channel.ts'

/** The channels of a deployment: the one that has the newest layout, and with a canary the one that follows it. */
export type Channels = { readonly lead: Channel; readonly stable: Channel | null }

export type ChannelsDeps = ChannelDeps & {
  readonly canary?: { readonly settings: { readonly channel: string } } | null
  readonly log: Pick<PublishLog, 'warn'>
}

/** The names of the channels, in the order in which they are written. */
export function identitiesOf({ identity, canary }: Pick<ChannelsDeps, 'identity' | 'canary'>): {
  readonly lead: ChannelIdentity
  readonly stable: ChannelIdentity | null
} {
  if (canary == null) return { lead: identity, stable: null }
  return { lead: { ...identity, channel: canary.settings.channel }, stable: identity }
}

/**
 * Fences every channel and reads what they hold. What is remembered is that of the canary once the other channel says that it follows
 * it, since then it is written there first: a crash between the two leaves the newest there.
 */
export async function openChannels(deps: ChannelsDeps): Promise<Channels> {
  const { lead, stable } = identitiesOf(deps)
  if (stable === null) return { lead: await alone(deps), stable: null }
  const [tried, kept] = await Promise.all([openChannel({ ...deps, identity: lead }), openChannel(deps)])
  const from = kept.pointer?.promoted?.from
  if (kept.pointer === null || (from === lead.channel && tried.pointer !== null))
    return { lead: tried, stable: kept }
  const { state, stateParts } = await newestOf(deps, kept)
  return { lead: { ...tried, state, stateParts }, stable: kept }
}

/** Without a canary the channel follows the newest layout again, and remembers for itself. */
async function alone(deps: ChannelsDeps): Promise<Channel> {
  const channel = await openChannel(deps)
  const { pointer, etag } = channel
  const { promoted } = pointer ?? {}
  if (pointer === null || etag === null || promoted === undefined) return channel
  const { state, stateParts, pointer: newest } = await newestOf(deps, channel)
  const next = { ...repromoted(pointer, null, null, deps.now()), state: newest?.state ?? pointer.state }
  const replaced = await replacePointer(deps, next, etag)
  deps.log.warn('canary-off', { channel: promoted.from, follows: deps.identity.channel })
  const isPinned = pointer.pin !== null
  const kept = isPinned ? {} : { pinned: null, pinnedFiles: [] }
  return { ...channel, ...replaced, state, stateParts, ...kept }
}

/** The channel that holds the newest state: the canary that this one has followed so far, or itself. */
async function newestOf(deps: ChannelsDeps, channel: Channel): Promise<Channel> {
  const from = channel.pointer?.promoted?.from
  if (from === undefined) return channel
  const viewed = await viewChannel({ ...deps, identity: { ...deps.identity, channel: from } })
  return viewed.pointer === null ? channel : viewed
}
