import { sha256 } from '../canonical.ts'
import { QuaysideError } from '../errors.ts'
import type { Pointer } from '../release/channel.ts'
import type { HostState } from './host-state.ts'

/** Clocks of hosts and publishers may differ by this much before an expiry is believed. */
export const clockToleranceMs = 300_000

/**
 * The state after a genuine pointer was read. `text` is what its signature covers. Throws RELEASE_INVALID for a generation lower than one
 * that was accepted before, or for other content under the same one: somebody replays or rewrites. A state of another
 * deployment or channel has no say about generations; what it confirmed is still what nginx runs.
 */
export function acceptPointer(state: HostState, pointer: Pointer, text: string): HostState {
  const digest = sha256(text)
  const same = state.deployment === pointer.deployment && state.channel === pointer.channel
  if (same && pointer.generation < state.generation)
    throw refused(`${pointer.generation} is lower than ${state.generation}, which was accepted before`)
  const known = state.pointer !== ''
  if (same && known && pointer.generation === state.generation && state.pointer !== digest)
    throw refused(`${pointer.generation} came before with other content`)
  const { deployment, channel, generation } = pointer
  return { ...state, deployment, channel, generation, pointer: digest }
}

/** An expired pointer means: keep serving. Nobody has signed that it still holds. */
export function isExpired(pointer: Pointer, now: number): boolean {
  return Date.parse(pointer.expires) + clockToleranceMs < now
}

function refused(why: string): QuaysideError {
  return new QuaysideError('RELEASE_INVALID', `the channel pointer's generation ${why}`)
}
