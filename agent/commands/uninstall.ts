import { uninstall as uninstallAgent } from '../install/uninstall.ts'
import type { Command } from './command.ts'

export const uninstall: Command = {
  name: 'uninstall',
  summary: 'takes back what install wrote; --dry-run, --purge',
  takesWords: true,
  async run(args, terminal) {
    await uninstallAgent(args, terminal)
    return 0
  },
}
