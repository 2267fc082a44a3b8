import type { LeaderRecord } from '../../../core/publish/leader.ts'
import type { LeaderLock } from '../../../functions/publish/handler.ts'
import type { Actor, Turns } from './turns.ts'

/** Consul's side of the leader's lock. */
export type Lock = {
  readonly open: (turns: Turns, actor: Actor, own: LeaderRecord) => LeaderLock
  /** The session runs out while its holder notices nothing. */
  readonly expire: () => void
}

export function createLock(kind: 'works' | 'broken'): Lock {
  let holder: { readonly actor: Actor; readonly record: LeaderRecord; readonly end: () => void } | null = null

  function open(turns: Turns, actor: Actor, record: LeaderRecord): LeaderLock {
    const ended = new AbortController()
    const call = <T>(what: string, effect: () => T) => turns.call(actor, what, effect)
    return {
      read: () => call('read lock', () => (kind === 'broken' ? null : (holder?.record ?? null))),
      acquire: () =>
        call('acquire lock', () => {
          if (kind === 'broken') return true
          holder ??= { actor, record, end: () => ended.abort() }
          return holder.actor === actor
        }),
      askToYield: () => call('ask to yield', () => holder?.end()),
      ended: ended.signal,
      release: () =>
        call('release lock', () => {
          if (holder?.actor === actor) holder = null
        }),
    }
  }

  return {
    open,
    expire: () => {
      holder = null
    },
  }
}
