import { pause } from '../pause.ts'

const leastRest = 5

/**
 * Runs something when it is wanted, at once after a rest, never more often than `everyMs`, and never for more than a fifth of the
 * time; being wanted many times meanwhile is being wanted once. `run` must not reject.
 */
export function paced(
  everyMs: number,
  run: () => Promise<void> | void,
  { now, signal }: { readonly now: () => number; readonly signal: AbortSignal },
): () => void {
  let wanted = false
  let busy = false
  let notBefore: number | null = null

  async function work(): Promise<void> {
    busy = true
    while (wanted && !signal.aborted) {
      const waitMs = notBefore === null ? 0 : notBefore - now()
      if (waitMs > 0) await pause(waitMs, signal)
      wanted = false
      const startedAt = now()
      if (!signal.aborted) await run()
      notBefore = startedAt + Math.max(everyMs, leastRest * (now() - startedAt))
    }
    busy = false
  }

  return () => {
    wanted = true
    if (!busy) void work()
  }
}
