import type { ReloadAnswer } from '../reload-desk.ts'
import { readAgentSettings } from '../settings.ts'
import { askAgent } from './ask-agent.ts'
import type { Command } from './command.ts'

/** The gate holds an urgent reload for at most 10 s, and nginx's own deadline follows a test that may take long. */
const timeoutMs = 85_000

export const reload: Command = {
  name: 'reload',
  summary: 'tests what is there and lets nginx load it again, as after new certificates',
  async run(_args, terminal) {
    const answer = await askAgent(readAgentSettings(terminal), 'POST', '/reload', timeoutMs)
    if (answer === null) {
      terminal.err('no agent runs on this host: nothing was reloaded')
      return 1
    }
    const { done, reason } = answer.body as ReloadAnswer
    if (done) terminal.out('nginx was reloaded, and new workers serve')
    else terminal.err(`nginx was not reloaded: ${reason}`)
    return done ? 0 : 1
  },
}
