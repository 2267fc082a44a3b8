import { explain } from '../../core/errors.ts'
import { withRegion } from '../region.ts'
import { check } from './check.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { install } from './install.ts'
import { reload } from './reload.ts'
import { run } from './run.ts'
import { status } from './status.ts'
import { uninstall } from './uninstall.ts'

const commands: readonly Command[] = [run, install, uninstall, status, check, reload]

/** Runs what the words of the command line name; without any the agent itself. Never throws: what went wrong is said and is the exit code. */
export async function runCommand(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name = 'run', ...args] = words
  if (name === '--help' || name === 'help') {
    for (const line of usage()) terminal.out(line)
    return 0
  }
  const command = commands.find((one) => one.name === name)
  if (command === undefined) {
    terminal.err(`quayside-agent has no command "${name}"`)
    for (const line of usage()) terminal.err(line)
    return 2
  }
  try {
    return await command.run(args, { ...terminal, env: await withRegion(terminal) })
  } catch (error) {
    terminal.err(explain(error))
    return 1
  }
}

function usage(): readonly string[] {
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`)
  return [
    'Usage: quayside-agent [command]; its settings are in the file that QUAYSIDE_AGENT_SETTINGS names.',
    ...list,
  ]
}
