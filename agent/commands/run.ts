import { createLog } from '../../adapters/log.ts'
import { createAgent } from '../agent.ts'
import { readAgentSettings } from '../settings.ts'
import { obeySignals } from '../signals.ts'
import type { Command } from './command.ts'

const clocks = { now: () => Date.now(), elapsed: () => performance.now(), random: () => Math.random() }

export const run: Command = {
  name: 'run',
  summary: 'follows the channel until SIGTERM; this is what the service runs',
  async run(_args, terminal) {
    const log = createLog()
    const agent = createAgent(readAgentSettings(terminal), { env: terminal.env, log, ...clocks })
    const ended = obeySignals(agent, log)
    agent.start()
    return await ended
  },
}
