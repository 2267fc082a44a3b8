/** What a decision about the next reload depends on. Times are milliseconds on one clock. */
export type GateInput = {
  readonly now: number
  readonly lastReloadAt: number | null
  /** Since when the waiting change has been ready. */
  readonly readySince: number
  /** Old generations of workers that still serve connections. */
  readonly draining: number
  /** An address that must get no more traffic is among the changes. */
  readonly urgent: boolean
}

export type GateAnswer =
  | { readonly open: true }
  | { readonly open: false; readonly waitMs: number; readonly why: string }

export const gateLimits = {
  intervalMs: 2_000,
  urgentIntervalMs: 1_000,
  draining: 2,
  drainingHoldMs: 30_000,
  urgentDraining: 8,
  urgentDrainingHoldMs: 10_000,
  recheckMs: 250,
} as const

/**
 * Every reload costs a generation of workers and, before nginx 1.27.4, idle connections; so reloads are spaced, and held while old
 * generations drain, for a bounded time. The first change after a quiet time goes at once. Removals skip the spacing.
 */
export function reloadGate({ now, lastReloadAt, readySince, draining, urgent }: GateInput): GateAnswer {
  const interval = urgent ? gateLimits.urgentIntervalMs : gateLimits.intervalMs
  const sinceLast = lastReloadAt === null ? interval : now - lastReloadAt
  // A clock that was set back must not hold reloads for longer than the interval itself.
  if (sinceLast >= 0 && sinceLast < interval)
    return { open: false, waitMs: interval - sinceLast, why: `reloads are ${interval / 1000} s apart` }
  const limit = urgent ? gateLimits.urgentDraining : gateLimits.draining
  const hold = urgent ? gateLimits.urgentDrainingHoldMs : gateLimits.drainingHoldMs
  const left = readySince + hold - now
  if (draining <= limit || left <= 0) return { open: true }
  return {
    open: false,
    waitMs: Math.min(left, gateLimits.recheckMs),
    why: `${draining} old generations of workers still serve connections`,
  }
}

/** How many generations the draining workers belong to; those whose birth nobody saw count as one. */
export function countGenerations(draining: readonly number[], born: ReadonlyMap<number, number>): number {
  return new Set(draining.map((pid) => born.get(pid) ?? -1)).size
}
