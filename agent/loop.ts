import { pause } from '../adapters/pause.ts'
import { pollDelayMs } from '../core/host/poll-delay.ts'
import type { Log } from './log.ts'
import type { CycleRecord } from './record.ts'

export type Loop = {
  /** Resolves when the running cycle has ended. */
  stop(): Promise<void>
  wake(): void
}

export type LoopOptions = {
  readonly pollMs: number
  readonly random: () => number
  readonly log: Log
  /** How long the bucket has asked to be left alone since the last call. */
  readonly askedToWaitMs: () => number
}

/** Runs one cycle after the other: a failed one slows the polls down, a held reload brings the next cycle forward. */
export function startLoop(cycle: () => Promise<CycleRecord>, options: LoopOptions): Loop {
  const { pollMs, random, log, askedToWaitMs } = options
  let stopped = false
  // One signal per round: signals that hang on one that lives as long as the agent would add up.
  let sleep = new AbortController()
  let failures = 0
  let trouble = ''

  /** Once for each kind of trouble, which may change while it lasts, and once when it is over. */
  const tell = (outcome: CycleRecord['outcome'], step: CycleRecord['step'], reason: string) => {
    const now = outcome === 'failed' || outcome === 'stale' ? `${outcome} at ${step ?? 'rest'}` : ''
    if (now !== trouble && now !== '') log.warn(`host-${outcome}`, { step, reason })
    if (now === '' && trouble !== '') log.info('host-recovered', { from: trouble })
    trouble = now
  }

  const run = async () => {
    while (!stopped) {
      sleep = new AbortController()
      const { outcome, step, reason, retryInMs } = await cycle()
      failures = outcome === 'failed' ? failures + 1 : 0
      tell(outcome, step, reason)
      const next = pollDelayMs(pollMs, failures, random(), { askedToWaitMs: askedToWaitMs() })
      await pause(retryInMs === null ? next : Math.min(next, retryInMs), sleep.signal)
    }
  }

  const running = run()
  return {
    wake: () => sleep.abort(),
    async stop() {
      stopped = true
      sleep.abort()
      await running
    },
  }
}
