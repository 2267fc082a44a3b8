/** What one cycle of a host's agent came to. */
export type CycleOutcome =
  | 'unchanged'
  | 'installed'
  | 'endpoints'
  | 'rejected'
  | 'rolled-back'
  | 'waiting'
  | 'stale'
  | 'failed'

export type CycleStep =
  | 'poll'
  | 'verify'
  | 'fetch'
  | 'stage'
  | 'test'
  | 'swap'
  | 'reload'
  | 'confirm'
  | 'restore'

export type Offered = { readonly generation: number; readonly releaseId: string; readonly layout: string }

/** What nginx on the host really runs: settings (config id) and addresses are told apart. */
export type Applied = Offered & { readonly configId: string; readonly endpoints: string }

/** The object at `hosts/<user id>.json`, written by the host alone. */
export type HostReport = {
  readonly schema: 1
  readonly host: string
  readonly deployment: string
  readonly channel: string
  readonly offered: Offered | null
  readonly applied: Applied | null
  readonly outcome: CycleOutcome
  /** The step at which a cycle that didn't succeed ended. */
  readonly step: CycleStep | null
  readonly reason: string
  /** Milliseconds per step of the cycle. */
  readonly timings: Readonly<Partial<Record<CycleStep, number>>>
  /**
   * When nginx was last seen serving a new release, and how long after the publisher had signed it, by this host's clock; null before
   * that, or where it was found in use.
   */
  readonly live: { readonly at: string; readonly afterMs: number } | null
  readonly nginx: string
  /** How upstream servers reach nginx here, and what keeps this host from resolving them; reports of early agents have neither. */
  readonly mode?: 'static' | 'resolve'
  readonly modeReason?: string
  readonly agent: string
  /** Why nginx could not load certificate files as they are now; absent where it could. */
  readonly certificates?: string
  /** ISO 8601, UTC. */
  readonly at: string
}
