import type { CycleStep } from '../core/release/report.ts'

/** Knows at which step a cycle is, and how long each took. */
export type Steps = {
  /** The step that runs or ran last. */
  readonly current: CycleStep
  readonly timings: Readonly<Partial<Record<CycleStep, number>>>
  run<T>(step: CycleStep, work: () => Promise<T> | T): Promise<T>
}

/** `elapsed` is a monotonic clock in milliseconds. */
export function createSteps(elapsed: () => number): Steps {
  let current: CycleStep = 'poll'
  const timings: Partial<Record<CycleStep, number>> = {}
  return {
    get current() {
      return current
    },
    timings,
    async run(step, work) {
      current = step
      const start = elapsed()
      try {
        return await work()
      } finally {
        timings[step] = Math.round(((timings[step] ?? 0) + elapsed() - start) * 10) / 10
      }
    },
  }
}
