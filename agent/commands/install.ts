import { install as installAgent } from '../install/install.ts'
import type { Command } from './command.ts'

export const install: Command = {
  name: 'install',
  summary: 'writes what the agent needs beside nginx, and says what is in its way; --dry-run, --help',
  takesWords: true,
  async run(args, terminal) {
    await installAgent(args, terminal)
    return 0
  },
}
