import { parseHealth } from '../../core/catalog/parse-health.ts'
import { parseServices, type ServiceIndex } from '../../core/catalog/parse-services.ts'
import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import { createNameList } from './name-list.ts'
import { type WatchClient, watchQuery } from './watch-query.ts'

export type CatalogWatchOptions = {
  readonly client: WatchClient
  readonly datacenter: string
  /** Whether requests share connections (HTTP/2); otherwise each blocking query holds one. */
  readonly multiplexed: boolean
  /** Milliseconds until the caller must have ended; no query blocks beyond it. */
  readonly remainingMs: () => number
  /** Something differs from before. The data is in `index` and `services`. */
  readonly onChange: () => void
  /** Called at every failed attempt; a dependency that then answers is reported once as recovered. */
  readonly onFailure: (dependency: string, error: unknown) => void
  readonly onRecovery: (dependency: string) => void
  readonly now: () => number
  readonly random: () => number
}

/** The catalog of one datacenter as far as it is followed. What is not in `services` was never read, which isn't empty. */
export type CatalogWatch = {
  readonly index: () => ServiceIndex | null
  readonly services: ReadonlyMap<string, ServiceSnapshot>
  /** Dependencies whose last request failed; their data is as old as it is. */
  readonly failing: ReadonlySet<string>
  /** Sets which services are followed; the others' data is forgotten. */
  readonly follow: (names: ReadonlySet<string>) => void
  /** Ends all queries; resolves when none is left. */
  readonly stop: () => Promise<void>
}

const longestWaitMs = 55_000

/** Without HTTP/2, more watches than this poll instead: Consul refuses a client's connections above its limit. */
const connectionBudget = 60

/** Watches the names of all services with one blocking query, and each followed service with its own. */
export function watchCatalog(options: CatalogWatchOptions): CatalogWatch {
  const whole = new AbortController()
  const services = new Map<string, ServiceSnapshot>()
  const failing = new Set<string>()
  const watches = new Map<string, { readonly end: AbortController; readonly ended: Promise<void> }>()
  const listed = createNameList()

  function waitMs(): number {
    if (!options.multiplexed && watches.size >= connectionBudget) return 0
    return Math.floor(Math.min(longestWaitMs, Math.max(1_000, options.remainingMs() - 1_000)))
  }

  const watch = <T>(dependency: string, own: Own<T>) => startWatch(options, failing, waitMs, dependency, own)

  function start(name: string): void {
    const end = new AbortController()
    const ended = watch(`health/service/${encodeURIComponent(name)}`, {
      parse: (body) => parseHealth(body, name, options.datacenter),
      onData: (data) => {
        if (end.signal.aborted) return
        services.set(name, data)
        options.onChange()
      },
      // While a name isn't listed, Consul wakes its empty watch on every change of anything: wait for the list instead.
      parked: () =>
        services.get(name)?.instances.length === 0 ? listed.untilListed(name, end.signal) : null,
      signal: end.signal,
    })
    watches.set(name, { end, ended })
  }

  function drop(name: string): Promise<void> {
    const found = watches.get(name)
    watches.delete(name)
    services.delete(name)
    const dependency = `health/service/${encodeURIComponent(name)}`
    if (failing.delete(dependency)) options.onRecovery(dependency)
    found?.end.abort()
    return found?.ended ?? Promise.resolve()
  }

  const names = watch('catalog/services', {
    parse: parseServices,
    onData: (data) => {
      listed.replace(data)
      options.onChange()
    },
    parked: () => null,
    signal: whole.signal,
  })
  const follow = (wanted: ReadonlySet<string>) => {
    for (const name of [...watches.keys()]) if (!wanted.has(name)) void drop(name)
    for (const name of wanted) if (!watches.has(name)) start(name)
  }
  const stop = async () => {
    whole.abort()
    await Promise.all([names, ...[...watches.keys()].map(drop)])
  }
  return { index: listed.current, services, failing, follow, stop }
}

type Own<T> = {
  readonly parse: (body: unknown) => T
  readonly onData: (data: T) => void
  readonly parked: () => Promise<void> | null
  readonly signal: AbortSignal
}

function startWatch<T>(
  { client, now, random, onFailure, onRecovery }: CatalogWatchOptions,
  failing: Set<string>,
  waitMs: () => number,
  dependency: string,
  own: Own<T>,
): Promise<void> {
  return watchQuery({
    client,
    path: `/v1/${dependency}`,
    onFailure: (error) => {
      failing.add(dependency)
      onFailure(dependency, error)
    },
    onRecovery: () => {
      failing.delete(dependency)
      onRecovery(dependency)
    },
    waitMs,
    now,
    random,
    ...own,
  })
}
