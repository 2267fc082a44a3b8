import { pause } from '../adapters/pause.ts'
import { pollDelayMs } from '../core/host/poll-delay.ts'
import type { Log } from './log.ts'
import type { CycleRecord } from './record.ts'

export type Loop = {
  /** Resolves when the running cycle has ended. */
  stop(): Promise<void>
  wake(): void
}

export type LoopOptions = { readonly pollMs: number; readonly random: () => number; readonly log: Log }

/** Runs one cycle after the other: a failed one slows the polls down, a held reload brings the next cycle forward. */
export function startLoop(cycle: () => Promise<CycleRecord>, options: LoopOptions): Loop {
  const { pollMs, random, log } = options
  const stopping = new AbortController()
  let sleep = new AbortController()
  let failures = 0

  const run = async () => {
    while (!stopping.signal.aborted) {
      const { outcome, step, reason, retryInMs } = await cycle()
      failures = outcome === 'failed' ? failures + 1 : 0
      if (failures === 1) log.warn('host-failed', { step, reason })
      const next = pollDelayMs(pollMs, failures, random())
      sleep = new AbortController()
      await pause(
        retryInMs === null ? next : Math.min(next, retryInMs),
        AbortSignal.any([sleep.signal, stopping.signal]),
      )
    }
  }

  const running = run()
  return {
    wake: () => sleep.abort(),
    async stop() {
      stopping.abort()
      await running
    },
  }
}
