import { digestOf } from '../../core/canonical.ts'
import { QuaysideError } from '../../core/errors.ts'
import type { Pointer } from '../../core/release/channel.ts'
import { type ChannelDeps, readChannel } from './channel.ts'

/** Looks every few seconds whether an operator's command has set or taken away the pin. */
export type PinLook = {
  /** Looks if it is time to. Throws RELEASE_CONFLICT if the pin isn't this pointer's any more. */
  readonly look: (pointer: Pointer) => Promise<void>
  /** Unix milliseconds of the next look. */
  readonly dueAt: () => number
}

const everyMs = 5_000

/** Where there is nothing to publish no write would ever meet what the command wrote. */
export function createPinLook(deps: ChannelDeps): PinLook {
  const { now, identity } = deps
  let dueAt = now() + everyMs

  async function look({ pin }: Pointer): Promise<void> {
    if (dueAt > now()) return
    dueAt = now() + everyMs
    const current = await readChannel(deps)
    if (current === null || digestOf(current.pointer.pin) === digestOf(pin)) return
    throw new QuaysideError('RELEASE_CONFLICT', `The pin of channel ${identity.channel} was changed.`)
  }

  return { look, dueAt: () => dueAt }
}
