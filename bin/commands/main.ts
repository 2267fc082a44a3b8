import { explain, QuaysideError } from '../../core/errors.ts'
import { nearest } from '../../core/settings/nearest.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { explain as explainRequest } from './explain/explain.ts'
import { forget } from './forget/forget.ts'
import { pin, rollback } from './pin/pin.ts'
import { unpin } from './pin/unpin.ts'
import { plan } from './plan/plan.ts'
import { promote } from './promote/promote.ts'
import { purge } from './purge/purge.ts'
import { releases } from './releases/releases.ts'
import { render } from './render/render.ts'
import { status } from './status.ts'
import { sweep } from './sweep/sweep.ts'
import { UsageError } from './usage-error.ts'

const commands: readonly Command[] = [
  status,
  releases,
  plan,
  explainRequest,
  promote,
  rollback,
  pin,
  unpin,
  forget,
  sweep,
  purge,
  render,
]

const width = Math.max(...commands.map(({ name }) => name.length))

const usage = `Usage: quayside <command> [options]

${commands.map(({ name, summary }) => `  ${name.padEnd(width)}   ${summary}`).join('\n')}

quayside <command> --help tells what it does and takes.
`

/** Runs the command that the first word names. Never throws: what goes wrong is told on stderr, and the exit code says it. */
export async function main(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [word, ...rest] = args
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
    const say = word === undefined ? terminal.err : terminal.out
    say(helpFor(rest[0]))
    return word === undefined ? 2 : 0
  }
  const command = commands.find(({ name }) => name === word)
  if (command === undefined) {
    terminal.err(`${unknown(word)}\n\n${usage}`)
    return 2
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.out(command.help)
    return 0
  }
  try {
    return await command.run(rest, terminal)
  } catch (error) {
    return failed(command, error, rest.includes('--json'), terminal)
  }
}

function helpFor(word: string | undefined): string {
  return commands.find(({ name }) => name === word)?.help ?? usage
}

function unknown(word: string): string {
  const meant = nearest(
    word,
    commands.map(({ name }) => name),
  )
  const what = word.startsWith('-') ? 'option' : 'command'
  return `Unknown ${what} ${word}${meant === null ? '.' : `; did you mean ${meant}?`}`
}

function failed(command: Command, error: unknown, json: boolean, terminal: Terminal): ExitCode {
  if (error instanceof UsageError) {
    terminal.err(`${error.message}\nquayside ${command.name} --help tells what it takes.`)
    return 2
  }
  const code = error instanceof QuaysideError ? error.code : 'UNEXPECTED'
  if (json) terminal.out(JSON.stringify({ outcome: 'failed', code, reason: explain(error) }))
  terminal.err(`${code}: ${explain(error)}`)
  return 1
}
