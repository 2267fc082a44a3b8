import type { ClusterKey } from '../ledger/keys.ts'
import type { GuardSettings } from '../settings/settings.ts'
import type { Evidence } from './evidence.ts'
import type { Member } from './memory.ts'

/** Every instance that is deregistered is held for this reason for some milliseconds; lasting, it means that Consul can't be asked. */
export const beingLookedUp = 'it is being looked up'

/** What becomes of an instance that the catalog no longer shows. `until` is when to think again without any news. */
export type Decision =
  | { readonly stays: false; readonly why: string }
  | { readonly stays: true; readonly why: string; readonly until: number | null }

export type Doubt = {
  readonly member: Member
  /** When it was first missed. */
  readonly since: number
  /** null where nothing was read after it was missed. */
  readonly evidence: Evidence | null
  readonly now: number
}

// Stamps carry the clock of the machine that reconciled, losses the publisher's: a pass must have begun clearly later.
const clockSkewMs = 5_000

/** The longest time that an instance of others is held because nothing could be read. */
const unreadMs = 600_000

/** Evidence that was read after the loss; an older one proves nothing about it. */
export function fresh(evidence: Evidence | null, since: number): Evidence | null {
  return evidence !== null && evidence.readAt >= since ? evidence : null
}

/**
 * An instance of ours leaves when its task's ledger entry says that it stopped or doesn't list it. Where the ledger says
 * nothing, only a reconcile pass that began after the loss releases it; no clock does.
 */
export function decideOurs(
  { member, since, evidence }: Doubt,
  stampKeyOf: (cluster: ClusterKey) => string,
  isConfigured: (cluster: ClusterKey) => boolean,
): Decision {
  const { ledger, cluster, id } = member
  const entry = ledger === null ? undefined : evidence?.entries.get(ledger)
  if (evidence === null || cluster === null || entry === undefined) return stays(beingLookedUp)
  if (entry === null) {
    if (!isConfigured(cluster)) return leaves('its cluster is no longer configured')
    const stamp = evidence.stamps.get(stampKeyOf(cluster))
    const reconciled = stamp?.epoch === evidence.epoch && stamp.at > since + clockSkewMs
    return reconciled
      ? leaves('reconciling found no such task')
      : stays('it vanished without a trace; waits for reconcile')
  }
  if (entry.phase !== 'live') return leaves(`its task is ${entry.phase} (${entry.reason})`)
  if (!entry.instances.some((listed) => listed.id === id)) return leaves('its task no longer has it')
  return stays('it vanished from the catalog, but its task is live')
}

export type Loss = {
  /** How many were published, how many of others vanished, and how many would remain without those. */
  readonly published: number
  readonly vanished: number
  readonly remaining: number
  /** Whether Consul may have lost its data. */
  readonly distrusted: boolean
}

/** An instance of others leaves, unless so much vanished at once that an accident is likelier than an intention. */
export function decideForeign(
  { since, evidence, now }: Doubt,
  loss: Loss,
  { holdForMs, maxShrink, minInstances }: GuardSettings,
): Decision {
  if (evidence === null && now - since < unreadMs) return stays(beingLookedUp, since + unreadMs)
  if (loss.distrusted) return stays('Consul lost its data; waits for reconcile')
  const large = loss.vanished > maxShrink * loss.published || loss.remaining < minInstances
  if (large && now - since < holdForMs)
    return stays(`${loss.vanished} of ${loss.published} vanished at once`, since + holdForMs)
  return leaves('it was deregistered')
}

function stays(why: string, until: number | null = null): Decision {
  return { stays: true, why, until }
}

function leaves(why: string): Decision {
  return { stays: false, why }
}
