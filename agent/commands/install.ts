import { install as installAgent } from '../install.ts'
import { readAgentSettings } from '../settings.ts'
import type { Command } from './command.ts'

export const install: Command = {
  name: 'install',
  summary: 'makes the state directory and entry files, and tells what nginx.conf must include',
  async run(_args, terminal) {
    for (const line of await installAgent(readAgentSettings(terminal))) terminal.out(line)
    return 0
  },
}
