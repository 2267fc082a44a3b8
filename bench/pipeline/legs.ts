import type { Change } from '../../local/console/timeline.ts'
import { type Summary, summarise } from '../stats.ts'
import type { Observer } from './observer.ts'

/** Milliseconds from ECS's event to each point of the way, and to each host serving (or, for a stop, having stopped serving). */
export type Legs = Readonly<Record<string, Summary | null>>

/** Only changes that went the whole way count: one that nginx had no part in has no legs. */
export function legsOf(changes: readonly Change[], observers: Readonly<Record<string, Observer>>): Legs {
  const whole = changes.filter(({ publishedAt }) => publishedAt !== null)
  const from = (at: (change: Change) => number | null) =>
    summarise(whole.flatMap((change) => sinceEvent(change, at(change)) ?? []))
  const hosts = Object.entries(observers)
  return {
    registered: from(({ registeredAt }) => registeredAt),
    published: from(({ publishedAt }) => publishedAt),
    ...Object.fromEntries(
      hosts.map(([host, seen]) => [`${host} serving`, from((change) => servingAt(change, seen))]),
    ),
    'serving on every host': from((change) => latest(hosts.map(([, seen]) => servingAt(change, seen)))),
    ...Object.fromEntries(
      hosts.map(([host]) => [`${host} confirmed`, from(({ liveAt }) => liveAt[host] ?? null)]),
    ),
  }
}

function servingAt({ event, phase }: Change, seen: Observer): number | null {
  const taskId = event.taskArn.split('/').at(-1) ?? ''
  return phase === 'live' ? seen.firstSeen(taskId) : seen.lastSeen(taskId)
}

function sinceEvent({ event }: Change, at: number | null): number | null {
  // A task that got no more requests after its stop left before anybody could notice.
  return at === null ? null : Math.max(0, at - event.at)
}

function latest(times: readonly (number | null)[]): number | null {
  return times.some((at) => at === null) ? null : Math.max(...times.map((at) => at ?? 0))
}
