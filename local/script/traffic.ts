import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, get, keepAlivePool, NoAnswer } from './get.ts'

export type Target = { readonly host: string; readonly url: string; readonly hostName: string }

export type Totals = {
  readonly requests: number
  readonly failed: number
  /** Reused connections that were cut before an answer; each was retried once, as HTTP clients do. */
  readonly retriedResets: number
  /** Answers other than 200 while no instance was live, which are right. */
  readonly unserved: number
  /** The first failures in words. */
  readonly failures: readonly string[]
}

type TrafficOptions = {
  readonly targets: readonly Target[]
  readonly everyMs: number
  /** How many instances serve at this moment: with none, a failure is the right answer. */
  readonly serving: () => number
  /** Whether the host has everything in force that is known; until then an outage may not be over everywhere in it. */
  readonly isCurrent: (host: string) => boolean
  readonly now: () => number
}

/**
 * Sends requests without pause to every target, every other one on a new connection. An outage, in which answers other than
 * 200 are right, begins when the last instance stops serving and ends with the first 200 through the same target once it is current: while a
 * reload is under way, old workers still answer beside the new ones.
 */
export function startTraffic({ targets, everyMs, serving, isCurrent, now }: TrafficOptions): {
  stop(): Promise<Totals>
} {
  const totals = { requests: 0, failed: 0, retriedResets: 0, unserved: 0, failures: [] as string[] }
  const stopping = new AbortController()

  async function attempt(target: Target, agent: ReturnType<typeof keepAlivePool> | false): Promise<Answer> {
    try {
      return await get(target.url, target.hostName, agent)
    } catch (error) {
      if (!(error instanceof NoAnswer) || !error.reset) throw error
      totals.retriedResets += 1
      return await get(target.url, target.hostName, false)
    }
  }

  async function run(target: Target): Promise<void> {
    const pool = keepAlivePool()
    let outage = false
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      outage ||= serving() === 0
      const began = now()
      const current = isCurrent(target.host)
      const problem = await attempt(target, turn % 2 === 0 ? false : pool).then(problemOf, String)
      outage ||= serving() === 0
      totals.requests += 1
      if (problem === null) outage &&= !current
      else if (outage) totals.unserved += 1
      else fail(target, began, problem)
      await delay(everyMs)
    }
    pool.destroy()
  }

  function fail(target: Target, began: number, problem: string): void {
    totals.failed += 1
    if (totals.failures.length < 20)
      totals.failures.push(`${target.host} at ${new Date(began).toISOString()}: ${problem}`)
  }

  const running = Promise.all(targets.map(run))
  return {
    async stop() {
      stopping.abort()
      await running
      return totals
    },
  }
}

function problemOf(answer: Answer): string | null {
  return answer.status === 200 ? null : `HTTP ${answer.status}`
}
