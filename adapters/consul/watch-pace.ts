import { pause } from '../pause.ts'

const burst = 2
const refillMs = 100
const firstPauseMs = 250
const longestPauseMs = 30_000

const longestWaitMs = 55_000
const shortestWaitMs = 1_000

/**
 * How long a query may block where the caller must have ended in so many milliseconds: below the minute after which load balancers
 * cut silent connections, with the sixteenth that Consul may add and a second for the answer.
 */
export function blockingWaitMs(remainingMs: number): number {
  const possible = ((remainingMs - 1_000) * 16) / 17
  return Math.floor(Math.min(longestWaitMs, Math.max(shortestWaitMs, possible)))
}

export type TokenBucket = { readonly take: (signal: AbortSignal) => Promise<void> }

/**
 * Lets two reads through at once and then ten a second: a single change is seen without delay, and a storm of writes costs no
 * more than that per watch.
 */
export function tokenBucket(now: () => number): TokenBucket {
  let tokens = burst
  let at = now()
  return {
    take: async (signal) => {
      const time = now()
      tokens = Math.min(burst, tokens + Math.max(0, time - at) / refillMs) - 1
      at = time
      if (tokens < 0) await pause(Math.ceil(-tokens * refillMs), signal)
    },
  }
}

/** Full jitter: anything up to a ceiling that doubles from 250 ms to 30 s, never nothing. */
export function backoffMs(failures: number, random: () => number): number {
  const ceiling = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 16))
  return Math.max(25, Math.floor(random() * ceiling))
}
