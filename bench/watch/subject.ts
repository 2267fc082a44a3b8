import type { Expected } from './changes.ts'

/** A program under measurement that follows Consul and renders upstreams. All times are of `clockMs`. */
export type Subject = {
  readonly name: string
  readonly pid: number
  /** From its start to the first rendering of everything. */
  readonly coldMs: number
  /** Resolves with the time at which the expected was first rendered after this call; rejects if the program ends. */
  readonly rendered: (expected: Expected) => Promise<number>
  readonly stop: () => Promise<void>
}

/** Milliseconds of the clock that all processes of a machine share. */
export function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
