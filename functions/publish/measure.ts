import type { Metrics } from '../../adapters/metrics.ts'
import type { CountName } from '../../core/settings/metric-names.ts'

/** What a publisher measures. How things stand is written every minute, zeros included, so that its silence can be seen too. */
export type Meter = {
  readonly looked: (standing: Standing) => void
  /** Milliseconds; `sinceChange` from when the change was first seen in Consul. */
  readonly published: (took: { readonly put: number; readonly sinceChange: number }) => void
  /** Hosts or paths that went over to another service. */
  readonly ownersChanged: (count: number) => void
  readonly canaryRefused: () => void
  readonly conflict: () => void
  readonly failure: () => void
  /** Takes in whether all is read and published, and how much can't be read. Returns when it wants to be asked again. */
  readonly tick: (isInStep: boolean, failing: number) => number
}

export type Standing = {
  /** Servers that are in against a doubt. */
  readonly held: number
  readonly problems: number
  /** Upstreams without a server; null where that isn't known. */
  readonly empty: number | null
}

const everyMs = 60_000
/** What happens now and then. */
const told = [
  'Published',
  'PublishConflicts',
  'PublishFailures',
  'OwnersChanged',
  'CanaryRefused',
] as const satisfies readonly CountName[]

export function createMeter(metrics: Metrics, now: () => number): Meter {
  let standing: Standing = { held: 0, problems: 0, empty: null }
  let inStepAt = now()
  let dueAt = now() + everyMs

  function write(failing: number): void {
    metrics.count('Held', standing.held)
    metrics.count('Problems', standing.problems)
    if (standing.empty !== null) metrics.count('EmptyUpstreams', standing.empty)
    metrics.count('WatchesFailing', failing)
    metrics.milliseconds('StaleFor', now() - inStepAt)
    for (const name of told) metrics.count(name, 0)
    metrics.flush()
  }

  return {
    looked: (latest) => {
      standing = { ...latest, empty: latest.empty ?? standing.empty }
    },
    ownersChanged: (count) => metrics.count('OwnersChanged', count),
    canaryRefused: () => metrics.count('CanaryRefused'),
    conflict: () => metrics.count('PublishConflicts'),
    failure: () => metrics.count('PublishFailures'),
    published: ({ put, sinceChange }) => {
      metrics.count('Published')
      metrics.milliseconds('ChangeToPublished', sinceChange)
      metrics.milliseconds('PublishMs', put)
    },
    tick: (isInStep, failing) => {
      if (isInStep && failing === 0) inStepAt = now()
      if (now() < dueAt) return dueAt
      write(failing)
      dueAt = now() + everyMs
      return dueAt
    },
  }
}
