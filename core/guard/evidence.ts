import type { LedgerEntry } from '../ledger/ledger.ts'

/** What a ledger entry proves about instances: where the task stands, who says so, and which instances it has. */
export type LedgerProof = Pick<LedgerEntry, 'phase' | 'reason' | 'instances'>

/** A complete reconcile pass of a cluster: under which epoch, and the Unix milliseconds at which it began. */
export type Stamp = { readonly epoch: string; readonly at: number }

/** One successful read of ledger, stamps and epoch. A read without the epoch is a failed one and gives no evidence. */
export type Evidence = {
  /** Unix milliseconds before the first request was sent: it proves nothing about anything that happened later. */
  readonly readAt: number
  readonly epoch: string
  /** By the stamp's key. */
  readonly stamps: ReadonlyMap<string, Stamp>
  /** By ledger key; null is proof that there is no entry, a missing key was not asked for. */
  readonly entries: ReadonlyMap<string, LedgerProof | null>
}
