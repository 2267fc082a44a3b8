/**
 * An agent in a process of its own, so that a test can kill it. Writes one line when its loop runs. With TEST_KILL_AT it kills itself at that
 * reading of its clock, which it reads before and after each step and at each look at a reload.
 */
import { createAgent } from '../../agent/agent.ts'
import type { AgentSettings } from '../../agent/settings.ts'

const settings = JSON.parse(process.env.TEST_AGENT_SETTINGS ?? '') as AgentSettings
const killAt = Number(process.env.TEST_KILL_AT)
const log = { info: () => undefined, warn: () => undefined }
let readings = 0
const elapsed = () => {
  readings += 1
  if (readings === killAt) process.kill(process.pid, 'SIGKILL')
  return performance.now()
}
const clocks = { now: () => Date.now(), elapsed, random: () => Math.random() }
createAgent({ ...settings, pollMs: 50 }, { env: process.env, log, ...clocks }).start()
console.log('started')
