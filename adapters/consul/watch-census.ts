import {
  type CheckList,
  differingChecks,
  type ListedCheck,
  parseChecks,
} from '../../core/catalog/parse-checks.ts'
import { pause } from '../pause.ts'
import type { WatchContext } from './watch-context.ts'
import { paced } from './watch-paced.ts'
import { retryPause } from './watch-read.ts'

const path = 'health/state/any'
/** How logs call it, apart from the blocking query of the same path. */
export const censusDependency = `${path} of all checks`

const censusEveryMs = 1_000

export type Census = {
  /** Some check was written: reads them all, soon, and tells which differ. */
  readonly take: () => void
  /** What is known of all checks may be out of date. */
  readonly forget: () => void
}

/**
 * Finds out which checks differ, by one read of all of them rather than one for each service. The first one has nothing to compare
 * with, which is told as null.
 */
export function createCensus(
  context: WatchContext,
  onDiffering: (checks: readonly ListedCheck[] | null) => void,
  signal: AbortSignal,
): Census {
  let known: CheckList | null = null
  let failures = 0

  async function read(): Promise<void> {
    try {
      const checks = parseChecks(await context.read(path, false, signal))
      const before = known
      known = checks
      failures = 0
      context.recovered(censusDependency)
      onDiffering(before === null ? null : differingChecks(before, checks))
    } catch (error) {
      if (signal.aborted) return
      context.failed(censusDependency, error)
      await pause(retryPause(error, failures, context.random), signal)
      failures += 1
      take()
    }
  }

  const take = paced(censusEveryMs, read, { now: context.now, signal })
  const forget = () => {
    known = null
  }
  return { take, forget }
}
