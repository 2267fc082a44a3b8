import type { Evidence } from './evidence.ts'
import type { EpochMemory } from './memory.ts'

/** How long a new epoch holds instances of others, where a cluster never gets reconciled under it. */
const distrustMs = 600_000

/**
 * The epoch as known after a read. An epoch other than the known one tells that Consul lost its data; it is taken over when every
 * configured cluster was reconciled under it. `stampKeys` are those of the configured clusters.
 */
export function followEpoch(
  memory: EpochMemory,
  evidence: Evidence | null,
  stampKeys: readonly string[],
  now: number,
): EpochMemory {
  if (evidence === null) return memory
  const { epoch, stamps } = evidence
  const settled = memory.known === null || memory.known === epoch
  if (settled || stampKeys.every((key) => stamps.get(key)?.epoch === epoch))
    return { known: epoch, changedAt: null }
  return { known: memory.known, changedAt: Math.min(memory.changedAt ?? now, now) }
}

/** Whether what is missing from Consul may be missing because Consul lost it. */
export function isDistrusted({ changedAt }: EpochMemory, now: number): boolean {
  return changedAt !== null && now - changedAt < distrustMs
}
