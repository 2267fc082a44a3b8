import type { SourceKey } from '../release/endpoints.ts'

/** Who holds a place: a source or a group with its members, so that a holder is known again when it enters or leaves a group. */
export type Holder = { readonly id: string; readonly members: readonly string[] }

/** `owner` has the right to the place; `acting` has the place. They differ from when an empty owner lost it, at `since`. */
export type Tenure = { readonly owner: Holder; readonly acting: Holder; readonly since: number | null }

/** Sources with an instance that passes or is held; the same object as long as it holds the same. */
export type Live = Pick<ReadonlySet<SourceKey>, 'has'>

export type Party<T> = {
  readonly holder: Holder
  /** Has an instance that passes or is held. */
  readonly live: boolean
  readonly claims: readonly T[]
}

/** How long an owner that was empty gets its place back, and a vanished service keeps its routes. */
export const graceMs = 24 * 3_600_000

/**
 * Decides who has a place. The owner with a live instance keeps it; an empty one loses it to a live claimant, and gets it back when it
 * is live again within the grace time; without an owner the first live claimant in order has it, else the first. `parties` is not
 * empty and in the total order.
 */
export function decideTenure<T>(
  previous: Tenure | null,
  parties: readonly [Party<T>, ...Party<T>[]],
  now: number,
): { tenure: Tenure; winner: Party<T> } {
  const find = (holder: Holder) => findHolder(holder, parties)
  const claiming = previous === null ? undefined : find(previous.owner)
  const holding = previous === null ? undefined : find(previous.acting)
  const firstLive = parties.find(({ live }) => live)
  const lapsed = previous !== null && previous.since !== null && now - previous.since > graceMs
  const owner = (lapsed ? (holding ?? claiming) : (claiming ?? holding)) ?? firstLive ?? parties[0]
  const incumbent = owner.live ? owner : (holding ?? owner)
  const winner = incumbent.live ? incumbent : (firstLive ?? incumbent)
  const since = winner === owner ? null : Math.min(previous?.since ?? now, now)
  return { tenure: { owner: owner.holder, acting: winner.holder, since }, winner }
}

/** That of a holder whom nobody contests; the same object as before where it was so already. */
export function soleTenure(previous: Tenure | null, holder: Holder): Tenure {
  const isSole =
    previous?.since === null && isEqual(previous.owner, holder) && isEqual(previous.acting, holder)
  return isSole ? previous : { owner: holder, acting: holder, since: null }
}

function isEqual(a: Holder, b: Holder): boolean {
  return (
    a.id === b.id &&
    a.members.length === b.members.length &&
    a.members.every((one, at) => one === b.members[at])
  )
}

/** Of several parties that a holder split into, a live one before the one that kept its name. */
function findHolder<T>(holder: Holder, parties: readonly Party<T>[]): Party<T> | undefined {
  const related = parties.filter((party) => isSame(party.holder, holder))
  const named = related.find((party) => party.holder.id === holder.id)
  if (named?.live === true) return named
  return related.find(({ live }) => live) ?? named ?? related[0]
}

export function isSame(a: Holder, b: Holder): boolean {
  return a.id === b.id || a.members.some((member) => b.members.includes(member))
}
