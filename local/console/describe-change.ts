import { byText } from '../../core/canonical.ts'
import type { Change } from './timeline.ts'

const arrow = ' → '

/** One line for one change: what ECS said, then each leg with its milliseconds counted from the event. */
export function describeChange(change: Change): string {
  const { event } = change
  const legs = [`${event.name} ${event.status}`, `registered ${since(change, change.registeredAt)}`]
  if (change.publishedAt === null) legs.push('nothing to publish')
  else legs.push(`published ${since(change, change.publishedAt)}`, ...live(change))
  return legs.join(arrow)
}

/** The hosts always in the same order, whoever was first, so that a reader finds each in its column. */
function live(change: Change): string[] {
  const hosts = Object.entries(change.liveAt).sort(([a], [b]) => byText(a, b))
  if (hosts.length === 0) return []
  return [`live: ${hosts.map(([host, at]) => `${host} ${since(change, at)}`).join(', ')}`]
}

function since(change: Change, at: number): string {
  return `${Math.max(0, Math.round(at - change.event.at))} ms`
}

/** `14:03:21.084`, local time, in front of every line that tells of something that happened. */
export function clockTime(ms: number): string {
  const date = new Date(ms)
  const pad = (value: number, width: number) => String(value).padStart(width, '0')
  const seconds = `${pad(date.getHours(), 2)}:${pad(date.getMinutes(), 2)}:${pad(date.getSeconds(), 2)}`
  return `${seconds}.${pad(date.getMilliseconds(), 3)}`
}
