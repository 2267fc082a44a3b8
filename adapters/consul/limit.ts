import { pause } from '../pause.ts'

/** The time and the cancellation of one request, over all its attempts. */
export type Limit = {
  readonly timeoutMs: number
  /** Aborts when the time is over or the caller gives up. */
  readonly signal: AbortSignal
  readonly outOfTime: () => boolean
  /** Waits between attempts; ends early when the limit does, and the next attempt then fails at once. */
  readonly pause: (ms: number) => Promise<void>
  /** Must be called at the end: it frees the timer and the caller's signal. */
  readonly end: () => void
}

// Not AbortSignal.any and AbortSignal.timeout: watches make a thousand of these an hour on one long-lived signal, and the
// explicit form surely leaves nothing behind on it.
export function startLimit(timeoutMs: number, caller: AbortSignal | undefined): Limit {
  const controller = new AbortController()
  let late = false
  const timer = setTimeout(() => {
    late = true
    controller.abort()
  }, timeoutMs)
  const giveUp = () => controller.abort(caller?.reason)
  if (caller?.aborted) giveUp()
  caller?.addEventListener('abort', giveUp, { once: true })
  return {
    timeoutMs,
    signal: controller.signal,
    outOfTime: () => late,
    pause: (ms) => pause(ms, controller.signal),
    end: () => {
      clearTimeout(timer)
      caller?.removeEventListener('abort', giveUp)
    },
  }
}
