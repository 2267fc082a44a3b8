import type { TxnOp } from './op.ts'

/** One line of a refused transaction. Consul runs every operation, so each failing one is named. */
export type TxnError = { readonly opIndex: number; readonly what: string }

export type FailureKind = 'conflict' | 'missing-node' | 'missing-service' | 'denied' | 'refused'

export type PlanFailure = {
  readonly kind: FailureKind
  /** Consul's own words. */
  readonly words: string
  /** Positions in the plan's own operations. */
  readonly ops: readonly number[]
}

/** What an operation failed of. Only a stale index is a conflict: validation and permission come as 409 as well. */
export function classify(words: string): FailureKind {
  if (/index is stale/i.test(words)) return 'conflict'
  if (/missing node/i.test(words)) return 'missing-node'
  if (/missing service|unknown service id/i.test(words)) return 'missing-service'
  if (/permission denied|acl not found/i.test(words)) return 'denied'
  return 'refused'
}

/** Finds which plans of a refused transaction failed; the others were rolled back with them and are to be sent again in full. */
export function mapErrors<P extends { readonly ops: readonly TxnOp[] }>(
  plans: readonly P[],
  errors: readonly TxnError[],
): ReadonlyMap<P, PlanFailure> {
  const failures = new Map<P, PlanFailure>()
  let start = 0
  for (const plan of plans) {
    const own = errors.filter(({ opIndex }) => opIndex >= start && opIndex < start + plan.ops.length)
    const failure = worst(own.map(({ opIndex, what }) => ({ opIndex: opIndex - start, what })))
    if (failure !== null) failures.set(plan, failure)
    start += plan.ops.length
  }
  return failures
}

// A conflict comes first: what else failed was built from a ledger that isn't true any more.
const weight: readonly FailureKind[] = ['conflict', 'missing-node', 'denied', 'missing-service', 'refused']

function worst(errors: readonly TxnError[]): PlanFailure | null {
  const kinds = errors.map(({ what }) => classify(what))
  const kind = weight.find((candidate) => kinds.includes(candidate))
  if (kind === undefined) return null
  const same = errors.filter((_, index) => kinds[index] === kind)
  return { kind, words: same[0]?.what ?? '', ops: same.map(({ opIndex }) => opIndex) }
}
