import { canonicalJson } from '../canonical.ts'
import {
  nextGeneration,
  type Pin,
  type Pointer,
  type Ref,
  type SignedPointer,
  type Soak,
} from '../release/channel.ts'
import type { Content } from './compose.ts'

/** What every pointer of one deployment's channel has in common. */
export type ChannelIdentity = {
  readonly deployment: string
  readonly channel: string
  readonly lifeMs: number
  /** The generation of another channel that is written along: accounts of both are stored by their generations. */
  readonly above?: number
}

/** A pointer with new content. Its generation is above the one it replaces, and it keeps that one's pin and promotion. */
export function nextPointer(
  previous: Pointer | null,
  content: Content,
  state: Ref,
  identity: ChannelIdentity,
  now: number,
): Pointer {
  const { deployment, channel } = identity
  const pin: Pin | null = previous?.pin ?? null
  const { layout, previousLayout, endpoints, upstreams, volatile } = content
  const named = { layout, previousLayout, endpoints, upstreams, volatile, state, pin }
  const canary = canaryFields(previous, layout, now)
  return { schema: 1, deployment, channel, ...named, ...canary, ...life(previous, identity, now) }
}

function canaryFields(
  previous: Pointer | null,
  layout: Ref,
  now: number,
): Pick<Pointer, 'promoted' | 'soak'> {
  const { promoted, soak } = previous ?? {}
  const isSame = previous?.layout.sha256 === layout.sha256
  return {
    ...(promoted === undefined ? {} : { promoted }),
    ...(soak === undefined ? {} : { soak: isSame ? soak : newSoak(now) }),
  }
}

export function newSoak(now: number): Soak {
  return { since: new Date(now).toISOString(), failed: null }
}

/** The same content under a new generation, as a fence against earlier writers and to prolong its life; `state` may be another. */
export function resigned(
  pointer: Pointer,
  identity: ChannelIdentity,
  now: number,
  state: Ref = pointer.state,
): Pointer {
  return { ...pointer, ...life(pointer, identity, now), state }
}

/** Unix milliseconds from which a pointer should be signed again: when a third of its life is over. */
export function resignAt({ created, expires }: Pick<Pointer, 'created' | 'expires'>): number {
  const begin = Date.parse(created)
  return begin + Math.floor((Date.parse(expires) - begin) / 3)
}

/** The text of the object at `channels/<name>.json`. */
export function serialisePointer(signed: SignedPointer): string {
  return canonicalJson(signed)
}

function life(
  previous: Pointer | null,
  { lifeMs, above = 0 }: ChannelIdentity,
  now: number,
): Pick<Pointer, 'generation' | 'created' | 'expires'> {
  return {
    generation: nextGeneration(Math.max(previous?.generation ?? 0, above), now),
    created: new Date(now).toISOString(),
    expires: new Date(now + lifeMs).toISOString(),
  }
}
