import { explain } from '../core/errors.ts'
import type { HostState } from '../core/host/host-state.ts'
import { runCycle } from './cycle.ts'
import { type AgentDeps, type Host, openHost } from './host.ts'
import { startLoop } from './loop.ts'
import type { CycleRecord } from './record.ts'
import { createReporter, type Reporter } from './reporter.ts'
import type { AgentSettings } from './settings.ts'

export type AgentStatus = {
  /** Null before the first cycle. */
  readonly last: CycleRecord | null
  readonly state: HostState | null
}

export type Agent = {
  /** One pass; never throws. Not to be called while the agent is started. */
  runCycle(): Promise<CycleRecord>
  /** Runs cycles until it is stopped. */
  start(): void
  /** Resolves when the running cycle has ended; nginx goes on as it is. */
  stop(): Promise<void>
  /** Lets the next cycle begin now. */
  wake(): void
  status(): AgentStatus
}

/** An agent of one host. It opens its files at the first cycle and tries again at the next one if it can't. */
export function createAgent(settings: AgentSettings, deps: AgentDeps): Agent {
  let opened: { host: Host; reporter: Reporter } | null = null
  let last: CycleRecord | null = null
  let loop: ReturnType<typeof startLoop> | null = null

  const cycle = async (): Promise<CycleRecord> => {
    try {
      if (opened === null) {
        const host = await openHost(settings, deps)
        opened = { host, reporter: createReporter(host) }
      }
      last = await runCycle(opened.host)
    } catch (error) {
      last = {
        outcome: 'failed',
        releaseId: null,
        step: null,
        reason: explain(error),
        timings: {},
        retryInMs: null,
      }
    }
    // A host whose disk is full can still say so.
    await opened?.reporter.consider(last)
    return last
  }

  return {
    runCycle: cycle,
    start: () => {
      loop ??= startLoop(cycle, { pollMs: settings.pollMs, random: deps.random, log: deps.log })
    },
    async stop() {
      await loop?.stop()
      loop = null
      opened?.host.close()
      opened = null
    },
    wake: () => loop?.wake(),
    status: () => ({ last, state: opened?.host.state.current ?? null }),
  }
}
