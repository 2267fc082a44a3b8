import type { Pointer } from '../release/channel.ts'
import type { Counts, CycleFacts } from './counts.ts'
import type { HostState } from './host-state.ts'

/** All that an agent knows of itself and its host at one moment. Spans of time are milliseconds of a clock that never jumps. */
export type HostView = {
  /** Versions; nginx's is null until the agent could open its files. */
  readonly agent: string
  readonly nginx: string | null
  readonly mode: string
  /** What keeps this host from resolving upstream servers; empty where nothing does. */
  readonly modeReason: string
  readonly deployment: string
  readonly channel: string
  readonly pollMs: number
  /** Unix milliseconds. */
  readonly now: number
  readonly upMs: number
  /** Since the channel was last heard; null for never. */
  readonly polledMsAgo: number | null
  /** Since a cycle last ended in another way than `failed`; null for never. */
  readonly fineMsAgo: number | null
  /** Since when cycles have ended with a change that waits for something; null where none does. */
  readonly waitingMs: number | null
  /** How long the cycle that runs now has been running; null between cycles. */
  readonly busyMs: number | null
  readonly last: (CycleFacts & { readonly msAgo: number }) | null
  /** The pointer that was verified last, since the agent started. */
  readonly offered: Pointer | null
  /** Why what the channel holds now is not accepted. */
  readonly refused: string | null
  readonly state: HostState | null
  /** Whether nginx runs; null where that isn't known. */
  readonly isRunning: boolean | null
  readonly drainingGenerations: number
  readonly certificates: CertificateView
  readonly counts: Counts
  readonly confirmedReloads: number
  readonly traffic: { readonly requests: number; readonly notModified: number; readonly bytes: number }
  /** What the agent's DNS server was asked; null where it has none. */
  readonly dns: DnsCounts | null
}

/** Since the agent started; all but the ignored ones are among the queries. */
export type DnsCounts = {
  readonly queries: number
  readonly servfail: number
  readonly truncated: number
  readonly refused: number
  readonly ignored: number
}

export type CertificateView = {
  /** How many files the confirmed release names. */
  readonly files: number
  /** Why nginx doesn't have what the files hold now; null where it does. */
  readonly problem: string | null
  /** The earliest end of a certificate on disk, in Unix milliseconds; null where none could be read. */
  readonly expires: number | null
}
