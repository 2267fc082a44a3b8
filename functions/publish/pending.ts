import { type Composed, contentDigest, isSameRelease } from '../../core/publish/compose.ts'
import { noteChange, noteNothing, type Pace, withoutFuture } from '../../core/publish/pace.ts'
import { type FileChange, placesOf } from '../../core/publish/publication.ts'
import { differences } from '../../core/release/endpoint-lists.ts'
import type { Endpoints } from '../../core/release/endpoints.ts'
import type { Channel } from './channel.ts'
import { fileChanges } from './operator-channel.ts'
import type { Plan } from './plan.ts'

/** A channel, what it should hold now, and what was last found that it should. */
export type Aim = { readonly channel: Channel; readonly plan: Plan; readonly last: Plan | null }

/** Starts, keeps or ends the waiting of a change. Channels that are published together wait together. */
export function paceFor(before: Pace, aims: readonly Aim[], now: number): Pace {
  const pace = withoutFuture(before, now)
  const changes = aims.flatMap(({ channel, plan: { composed }, last }) =>
    composed === null || isPublished(composed, channel)
      ? []
      : [{ channel, composed, last: last?.composed ?? null }],
  )
  if (changes.length === 0) return noteNothing(pace)
  const isKnown = changes.every(({ last, composed }) => last !== null && isSameRelease(last, composed))
  if (pace.pending !== null && isKnown) return pace
  return noteChange(
    pace,
    now,
    changes.some(({ channel, composed }) => isUrgent(channel, composed)),
  )
}

/** Whether the channel holds this already. */
export function isPublished(composed: Composed, { pointer, composed: current }: Channel): boolean {
  if (current !== null) return isSameRelease(current, composed)
  return pointer !== null && contentDigest(composed.content) === contentDigest(pointer)
}

/** A dead address in an upstream costs requests, and so does a service that could answer again and still answers 503. */
function isUrgent(channel: Channel, composed: Composed): boolean {
  return (
    isEndpointsUrgent(channel.endpoints, composed.endpoints) ||
    fileChanges(channel, composed).some(isFileUrgent)
  )
}

function isFileUrgent({ left }: FileChange): boolean {
  return left.length > 0
}

function isEndpointsUrgent(before: Endpoints | null, after: Endpoints): boolean {
  return differences(before, after).some((one) => {
    const [old, now] = [placesOf(one.before), placesOf(one.after)]
    return old.size === 0 ? now.size > 0 : [...old].some((place) => !now.has(place))
  })
}
