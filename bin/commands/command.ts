/** What a command can see of the world, so that tests can be the world. */
export type Terminal = {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Asks a person; null where nobody can answer. */
  readonly ask: ((question: string) => Promise<string>) | null
  readonly env: Readonly<Record<string, string | undefined>>
  /** Unix milliseconds. */
  readonly now: () => number
}

/** 0: done, or nothing to do; 1: failed or refused; 2: called in a wrong way. */
export type ExitCode = 0 | 1 | 2

export type Command = {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  readonly help: string
  readonly run: (args: readonly string[], terminal: Terminal) => Promise<ExitCode>
}
