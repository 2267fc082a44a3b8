import { explain, QuaysideError } from '../../core/errors.ts'
import type { PublishLog } from './announce.ts'

/** Tells of dependencies that fail, without a line for every attempt: a thousand watches retry for as long as Consul is away. */
export type Trouble = {
  readonly failed: (dependency: string, error: unknown) => void
  readonly recovered: (dependency: string) => void
  /** How many fail now. */
  readonly failing: () => number
}

/** So many are named one by one; of more there is only a count. */
const mostNamed = 5
const remindEveryMs = 60_000

export function createTrouble(log: PublishLog, now: () => number): Trouble {
  const failing = new Map<string, string>()
  let since = 0
  let toldAt = 0

  function remind(error: unknown): void {
    if (now() - toldAt < remindEveryMs) return
    toldAt = now()
    log.warn('watches-failing', { dependencies: failing.size, forMs: now() - since, error: explain(error) })
  }

  return {
    failing: () => failing.size,
    failed(dependency, error) {
      const kind = error instanceof QuaysideError ? error.code : 'unknown'
      if (failing.size === 0) since = now()
      // Another kind is news: a refused token, say, after an outage.
      const isNews = failing.get(dependency) !== kind
      failing.set(dependency, kind)
      if (!isNews || failing.size > mostNamed) return remind(error)
      toldAt = now()
      log.warn('watch-failed', { dependency, error: explain(error) })
    },
    recovered(dependency) {
      if (!failing.delete(dependency) || failing.size > 0) return
      log.info('watches-recovered', { forMs: now() - since })
    },
  }
}
