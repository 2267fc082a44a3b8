import { describeHealth } from '../../core/host/describe-health.ts'
import { describeState, type Health } from '../../core/host/health.ts'
import { parseState } from '../../core/host/host-state.ts'
import { foldersOf } from '../folders.ts'
import { type AgentSettings, readAgentSettings } from '../settings.ts'
import { askAgent } from './ask-agent.ts'
import type { Command, ExitCode, Terminal } from './command.ts'

const timeoutMs = 10_000

export const status: Command = {
  name: 'status',
  summary: 'what this host is offered and runs; exit code 0 only if it follows its channel',
  async run(_args, terminal) {
    const settings = readAgentSettings(terminal)
    const answer = await askAgent(settings, 'GET', '/healthz', timeoutMs)
    if (answer === null) return tellState(settings, terminal)
    const health = answer.body as Partial<Health>
    for (const line of describeHealth(health)) terminal.out(line)
    return health.working === true ? 0 : 1
  },
}

/** What the last agent has left on disk. nginx serves it whether an agent runs or not. */
function tellState({ stateDir }: AgentSettings, { readFile, out }: Terminal): ExitCode {
  const { state } = foldersOf(stateDir)
  out(`agent:        not running; this is what ${state} tells`)
  for (const line of describeHealth(describeState(parseState(readFile(state))))) out(line)
  return 1
}
