/** An agent in a process of its own that runs as many cycles as it is told, and tells what it holds afterwards. */
import { readdirSync, readFileSync } from 'node:fs'
import { createAgent } from '../../agent/agent.ts'
import type { AgentSettings } from '../../agent/settings.ts'

export type Holding = {
  /** The last cycle's. */
  readonly outcome: string
  readonly heapMb: number
  readonly anonymousMb: number
  readonly descriptors: number
}

const settings = JSON.parse(process.env.TEST_AGENT_SETTINGS ?? '') as AgentSettings
const log = { info: () => undefined, warn: () => undefined }
// Reloads must be seconds apart; so that nobody waits for that, each cycle ends a little later than it did.
let ahead = 0
const elapsed = () => performance.now() + ahead
const deps = { env: process.env, log, now: () => Date.now(), elapsed, random: () => 0.5 }
const agent = createAgent(settings, deps)

process.on('message', async (cycles: number) => {
  let outcome = ''
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    outcome = (await agent.runCycle()).outcome
    ahead += 50
  }
  process.send?.(holding(outcome))
})

function holding(outcome: string): Holding {
  if (globalThis.gc === undefined) throw new Error('start this process with --expose-gc')
  for (let round = 0; round < 3; round += 1) globalThis.gc()
  const anonymous = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return {
    outcome,
    heapMb: process.memoryUsage().heapUsed / 2 ** 20,
    anonymousMb: Number(anonymous) / 1024,
    descriptors: readdirSync('/proc/self/fd').length,
  }
}
