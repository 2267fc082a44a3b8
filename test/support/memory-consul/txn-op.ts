import type { Problem } from './catalog.ts'
import type { Writing } from './state.ts'

export type Result = Record<string, unknown>

/** One operation, understood. `run` gives results, or Consul's words for why it failed. */
export type Op = {
  readonly writes: boolean
  readonly kind: 'KV' | 'Service' | 'Check' | 'Node'
  /** What is refused before anything runs. */
  readonly refusal: Problem
  readonly run: (write: Writing) => readonly Result[] | string
}
