import { type Pointer, releaseId } from '../../core/release/channel.ts'
import { catchUpMs, type InForce } from '../../core/release/fleet.ts'

type Known = {
  readonly pointer: Pointer
  readonly release: string
  readonly since: number
  /** Until when each other release was in force; those that hosts needn't have any more are left out. */
  readonly until: ReadonlyMap<string, number>
}

/**
 * Keeps which releases each channel had lately; to be told of every pointer that comes into force. Signing one again changes nothing.
 */
export function createReleasesInForce(now: () => number): (pointer: Pointer) => InForce {
  const channels = new Map<string, Known>()
  return (pointer) => {
    const before = channels.get(pointer.channel)
    const known = before?.pointer === pointer ? before : taken(before, pointer, now())
    channels.set(pointer.channel, known)
    const lately = [...known.until].filter(([, until]) => now() - until < catchUpMs)
    return { now: now(), since: known.since, earlier: new Set(lately.map(([release]) => release)) }
  }
}

function taken(before: Known | undefined, pointer: Pointer, now: number): Known {
  const release = releaseId(pointer)
  if (before === undefined)
    return { pointer, release, since: Math.min(now, Date.parse(pointer.created)), until: new Map() }
  if (before.release === release) return { ...before, pointer }
  const lately = [...before.until].filter(([, until]) => now - until < catchUpMs)
  return { ...before, pointer, release, until: new Map([...lately, [before.release, now]]) }
}
