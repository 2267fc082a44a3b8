/** Lets a loop sleep until something happens. A call that comes while nobody sleeps isn't lost. */
export type Wake = {
  readonly call: () => void
  /** Resolves at the next call, after `ms`, or when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

// Node's timers fire at once above this.
const longestMs = 2 ** 31 - 1

export function createWake(): Wake {
  let called = false
  let resume = (): void => {}
  return {
    call: () => {
      called = true
      resume()
    },
    sleep: async (ms, signal) => {
      if (!called && !signal.aborted && ms > 0) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const timer = setTimeout(resolve, Math.min(ms, longestMs))
        resume = resolve
        signal.addEventListener('abort', resume)
        await promise
        clearTimeout(timer)
        signal.removeEventListener('abort', resume)
      }
      called = false
    },
  }
}
