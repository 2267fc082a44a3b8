const longestMs = 30_000
const longestWaitMs = 300_000

/**
 * How long until the next poll: the interval ± 20 %, so that a fleet doesn't ask in step; after failures twice as long each time, up to
 * 30 s, and never less than the server has asked for. `random` is in [0, 1).
 */
export function pollDelayMs(
  intervalMs: number,
  failures: number,
  random: number,
  { askedToWaitMs }: { readonly askedToWaitMs: number } = { askedToWaitMs: 0 },
): number {
  const backedOff = Math.min(intervalMs * 2 ** Math.min(failures, 16), Math.max(longestMs, intervalMs))
  // What was asked for is a least: it is spread upwards only, or a fleet that was told the same comes back in step.
  return Math.round(Math.max(backedOff * (0.8 + 0.4 * random), askedToWaitMs * (1 + 0.2 * random)))
}

/**
 * What a `Retry-After` header asks for, in seconds or as a date; 0 where it says nothing that can be read. At most five minutes: hosts
 * must not lose their releases over a wrong header.
 */
export function askedToWaitMs(retryAfter: string | undefined, now: number): number {
  const text = retryAfter?.trim() ?? ''
  const asked = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now
  return Number.isNaN(asked) ? 0 : Math.min(Math.max(0, asked), longestWaitMs)
}
