import { type Composed, contentDigest, isSameRelease } from '../../core/publish/compose.ts'
import { noteChange, noteNothing, type Pace, withoutFuture } from '../../core/publish/pace.ts'
import { changesBetween, type FileChange } from '../../core/publish/publication.ts'
import type { Endpoints, SourceKey } from '../../core/release/endpoints.ts'
import type { Channel } from './channel.ts'
import { fileChanges } from './operator-channel.ts'
import type { Plan } from './plan.ts'

/** Starts, keeps or ends the waiting of a change. */
export function paceFor(
  before: Pace,
  { composed }: Plan,
  last: Plan | null,
  channel: Channel,
  now: number,
): Pace {
  const pace = withoutFuture(before, now)
  if (composed === null || isPublished(composed, channel)) return noteNothing(pace)
  const isWaiting = pace.pending !== null && last?.composed != null
  if (isWaiting && isSameRelease(last.composed, composed)) return pace
  return noteChange(pace, now, isUrgent(channel, composed))
}

function isPublished(composed: Composed, { pointer, composed: current }: Channel): boolean {
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
  const hasNone = (service: SourceKey) => (before?.sources[service] ?? []).length === 0
  const changes = changesBetween(before, after, () => undefined)
  return changes.some(
    ({ service, joined, left }) => left.length > 0 || (joined.length > 0 && hasNone(service)),
  )
}
