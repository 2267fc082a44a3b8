import { QuaysideError } from '../../core/errors.ts'

export type Command =
  | { readonly kind: 'scale'; readonly service: string; readonly count: number }
  | { readonly kind: 'deploy'; readonly service: string }
  | { readonly kind: 'stop'; readonly task: string }
  | { readonly kind: 'fail'; readonly task: string }
  | { readonly kind: 'status' }
  | { readonly kind: 'quayside'; readonly words: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'quit' }

export const help = `  scale <service> <n>   run n tasks of the service
  deploy <service>      replace all its tasks, new ones first
  stop <task>           stop one task (ECS starts another in its place)
  fail <task>           kill one task's process
  status                tasks, Consul, hosts
  quayside <command>    the command line: releases, explain <url>, rollback, status, …
  help                  this list
  quit                  stop everything and leave (so does Ctrl-C)`

const most = 50

/** Reads one line of the console. `null` is an empty line; a wrong one is a SETTINGS_INVALID that says what is right. */
export function parseCommand(line: string): Command | null {
  const [word, ...rest] = line.trim().split(/\s+/)
  if (word === undefined || word === '') return null
  switch (word) {
    case 'scale':
      return { kind: 'scale', service: argument(word, rest, 0, 'service'), count: count(rest[1]) }
    case 'deploy':
      return { kind: 'deploy', service: argument(word, rest, 0, 'service') }
    case 'stop':
    case 'fail':
      return { kind: word, task: argument(word, rest, 0, 'task') }
    case 'quayside':
      return { kind: word, words: rest }
    case 'status':
    case 'help':
    case 'quit':
      return { kind: word }
    default:
      throw wrong(`there is no command "${word}"`)
  }
}

function argument(word: string, rest: readonly string[], index: number, name: string): string {
  const value = rest[index]
  if (value === undefined) throw wrong(`${word} needs a ${name}`)
  return value
}

function count(text: string | undefined): number {
  const value = text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= most)) throw wrong(`scale needs a number of tasks from 0 to ${most} (got "${text ?? ''}")`)
  return value
}

function wrong(what: string): QuaysideError {
  return new QuaysideError('SETTINGS_INVALID', `${what}; these are the commands:\n${help}`)
}
