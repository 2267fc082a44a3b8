import type { SettingsSource } from '../settings.ts'

/** What a command sees of the world. */
export type Terminal = SettingsSource & {
  readonly out: (line: string) => void
  readonly err: (line: string) => void
}

/** 0: done; 1: failed, or something is not as it should be; 2: called in a wrong way. */
export type ExitCode = 0 | 1 | 2

export type Command = {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** Whether it takes words of its own; to any other command a word is a mistake, and `reload --dry-run` must not reload. */
  readonly takesWords?: boolean
  readonly run: (args: readonly string[], terminal: Terminal) => Promise<ExitCode>
}
