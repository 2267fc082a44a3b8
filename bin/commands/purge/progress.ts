import type { Terminal } from '../command.ts'

const everyMs = 1_000

/** Tells about once a second how far it is; a purge that is done within a second says nothing. */
export function progressOn(terminal: Terminal): (done: number, all: number) => void {
  let told = terminal.now()
  return (done, all) => {
    if (terminal.now() - told < everyMs) return
    told = terminal.now()
    terminal.err(`removed ${done} of ${all} entries …`)
  }
}
