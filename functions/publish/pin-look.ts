import { digestOf } from '../../core/canonical.ts'
import { QuaysideError } from '../../core/errors.ts'
import type { Pointer } from '../../core/release/channel.ts'
import { type ChannelDeps, readChannel } from './channel.ts'

/** Looks every few seconds whether an operator's command has set or taken away the pin, or changed what is remembered, and whether the pointer is there at all. */
export type PinLook = {
  /** Looks if it is time to. Throws RELEASE_CONFLICT if pin or state aren't this pointer's any more, or there is none. */
  readonly look: (pointer: Pointer) => Promise<void>
  /** Unix milliseconds of the next look. */
  readonly dueAt: () => number
}

export type PinLookDeps = Pick<ChannelDeps, 'releases' | 'identity' | 'now'> & {
  /** Milliseconds between two looks; 5,000 by default. */
  readonly pinLookMs?: number
}

/** Where there is nothing to publish no write would ever meet what the command wrote. */
export function createPinLook(deps: PinLookDeps): PinLook {
  const { now, identity, pinLookMs: everyMs = 5_000 } = deps
  let dueAt = now() + everyMs

  /** Never further away than from one look to the next, also where the clock was set back. */
  function nextAt(): number {
    dueAt = Math.min(dueAt, now() + everyMs)
    return dueAt
  }

  async function look(own: Pointer): Promise<void> {
    if (nextAt() > now()) return
    dueAt = now() + everyMs
    const current = await readChannel(deps)
    if (current !== null && operatedOn(current.pointer) === operatedOn(own)) return
    throw new QuaysideError(
      'RELEASE_CONFLICT',
      `Somebody changed the pin, promotion or state of channel ${identity.channel}, or deleted its pointer.`,
    )
  }

  return { look, dueAt: nextAt }
}

/** What commands change. A pointer that was only signed again is no news: in a hand-over two leaders would chase each other out. */
function operatedOn({ pin, state, promoted }: Pointer): string {
  return digestOf({ pin, state, promoted: promoted ?? null })
}
