import { explain } from '../../core/errors.ts'
import { withRegion } from '../region.ts'
import { agentVersion } from '../version.ts'
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
  const command = commands.find((one) => one.name === name)
  const asksForHelp = help.includes(name) || (command?.takesWords !== true && help.includes(args[0] ?? ''))
  if (asksForHelp) return tell(terminal.out, usage(), 0)
  if (name === '--version') return tell(terminal.out, [agentVersion], 0)
  if (command === undefined)
    return tell(terminal.err, [`quayside-agent has no command "${name}"`, ...usage()], 2)
  if (command.takesWords !== true && args.length > 0)
    return tell(terminal.err, [`quayside-agent ${name} takes no "${args[0]}"`, ...usage()], 2)
  try {
    return await command.run(args, { ...terminal, env: await withRegion(terminal) })
  } catch (error) {
    terminal.err(explain(error))
    return 1
  }
}

function tell(line: Terminal['out'], lines: readonly string[], code: ExitCode): ExitCode {
  for (const one of lines) line(one)
  return code
}

const help = ['--help', '-h', 'help']

function usage(): readonly string[] {
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`)
  return [
    'Usage: quayside-agent [command]; its settings are in the file that QUAYSIDE_AGENT_SETTINGS names.',
    ...list,
  ]
}
