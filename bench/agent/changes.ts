import { setTimeout as delay } from 'node:timers/promises'
import type { BenchHost } from './host.ts'
import { fleetRelease } from './release.ts'

export type ChangeFigures = {
  /** From the put of the pointer to the confirmation. */
  readonly confirmed: readonly number[]
  /** The agent's own steps in it, without the poll. */
  readonly apply: readonly number[]
}

/** More than what two reloads must be apart, so that a change waits for the poll alone. */
const leastRestMs = 2_200

/** One change of an address after the other, at moments that have nothing to do with the agent's polls. */
export async function measureChanges(
  host: BenchHost,
  servers: number,
  changes: number,
  pollMs: number,
): Promise<ChangeFigures> {
  const confirmed: number[] = []
  const apply: number[] = []
  for (let change = 1; change <= changes; change += 1) {
    await delay(leastRestMs + (pollMs * change) / changes)
    const { ms, timings } = await host.publish(fleetRelease(host.port, servers, change))
    confirmed.push(ms)
    apply.push(Object.entries(timings).reduce((sum, [step, took]) => (step === 'poll' ? sum : sum + took), 0))
  }
  return { confirmed, apply }
}
