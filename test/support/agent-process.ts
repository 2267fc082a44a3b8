/** An agent in a process of its own, so that a test can kill it. Writes one line when its loop runs. */
import { createAgent } from '../../agent/agent.ts'
import type { AgentSettings } from '../../agent/settings.ts'

const settings = JSON.parse(process.env.TEST_AGENT_SETTINGS ?? '') as AgentSettings
const log = { info: () => undefined, warn: () => undefined }
const clocks = { now: () => Date.now(), elapsed: () => performance.now(), random: () => Math.random() }
createAgent({ ...settings, pollMs: 50 }, { env: process.env, log, ...clocks }).start()
console.log('started')
