import type { PublisherState } from '../../core/publish/state.ts'
import { parseState, storeState } from '../../core/publish/stored-state.ts'

/** The state as the next publisher reads it. */
export function storedAndRead(state: PublisherState): PublisherState {
  const { root, parts } = storeState(state)
  return parseState(root, (digest) => parts.get(digest) ?? '')
}

/** Equal for equal states. */
export function stateText(state: PublisherState): string {
  return storeState(state).root
}
