import { pause } from '../pause.ts'

/**
 * Runs something when it is wanted, at once after a rest, and never more often than `everyMs`; being wanted many times meanwhile is
 * being wanted once. `run` must not reject.
 */
export function paced(
  everyMs: number,
  run: () => Promise<void> | void,
  { now, signal }: { readonly now: () => number; readonly signal: AbortSignal },
): () => void {
  let wanted = false
  let busy = false
  let startedAt: number | null = null

  async function work(): Promise<void> {
    busy = true
    while (wanted && !signal.aborted) {
      const waitMs = startedAt === null ? 0 : startedAt + everyMs - now()
      if (waitMs > 0) await pause(waitMs, signal)
      wanted = false
      startedAt = now()
      if (!signal.aborted) await run()
    }
    busy = false
  }

  return () => {
    wanted = true
    if (!busy) void work()
  }
}
