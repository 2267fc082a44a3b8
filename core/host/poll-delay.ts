const longestMs = 30_000

/**
 * How long until the next poll: the interval ± 20 %, so that a fleet doesn't ask in step; after failures twice as long each time, up to
 * 30 s. `random` is in [0, 1).
 */
export function pollDelayMs(intervalMs: number, failures: number, random: number): number {
  const backedOff = Math.min(intervalMs * 2 ** Math.min(failures, 16), Math.max(longestMs, intervalMs))
  return Math.round(backedOff * (0.8 + 0.4 * random))
}
