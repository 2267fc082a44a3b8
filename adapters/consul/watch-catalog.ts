import { parseHealth } from '../../core/catalog/parse-health.ts'
import { parseServices, type ServiceIndex } from '../../core/catalog/parse-services.ts'
import { sourceKey } from '../../core/release/endpoints.ts'
import { createNameList } from './name-list.ts'
import type { Failures } from './watch-failures.ts'
import { type WatchClient, watchQuery } from './watch-query.ts'
import type { SnapshotStore } from './watch-store.ts'

export type CatalogWatchOptions = {
  readonly client: WatchClient
  readonly datacenter: string
  /** Whether it is the datacenter of the servers that are asked; any other is named in each request. */
  readonly isLocal: boolean
  /** Where what is read is kept, and whoever fails is counted. */
  readonly store: SnapshotStore
  readonly failures: Failures
  /** Whether requests share connections (HTTP/2); otherwise each blocking query holds one. */
  readonly multiplexed: boolean
  /** Milliseconds until the caller must have ended; no query blocks beyond it. */
  readonly remainingMs: () => number
  /** Something differs from before. The data is in `index` and the store. */
  readonly onChange: () => void
  readonly now: () => number
  readonly random: () => number
}

/** The catalog of one datacenter as far as it is followed. */
export type CatalogWatch = {
  /** Null until it was read. */
  readonly index: () => ServiceIndex | null
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
  const { datacenter, store, failures } = options
  const whole = new AbortController()
  const watches = new Map<string, { readonly end: AbortController; readonly ended: Promise<void> }>()
  const listed = createNameList()

  function waitMs(): number {
    if (!options.multiplexed && watches.size >= connectionBudget) return 0
    return Math.floor(Math.min(longestWaitMs, Math.max(1_000, options.remainingMs() - 1_000)))
  }

  const watch = <T>(dependency: string, own: Own<T>) => startWatch(options, waitMs, dependency, own)
  const held = (name: string) => store.services.get(sourceKey(name, datacenter))

  function start(name: string): void {
    const end = new AbortController()
    const ended = watch(healthOf(name), {
      parse: (body) => parseHealth(body, name, datacenter),
      onData: (data) => {
        if (!end.signal.aborted && store.put(data)) options.onChange()
      },
      // While a name isn't listed, Consul wakes its empty watch on every change of anything: wait for the list instead.
      parked: () => (held(name)?.instances.length === 0 ? listed.untilListed(name, end.signal) : null),
      signal: end.signal,
    })
    watches.set(name, { end, ended })
  }

  function drop(name: string): Promise<void> {
    const found = watches.get(name)
    watches.delete(name)
    store.drop(sourceKey(name, datacenter))
    failures.recovered(named(healthOf(name), options))
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
  return { index: listed.current, follow, stop }
}

type Own<T> = {
  readonly parse: (body: unknown) => T
  readonly onData: (data: T) => void
  readonly parked: () => Promise<void> | null
  readonly signal: AbortSignal
}

function startWatch<T>(
  options: CatalogWatchOptions,
  waitMs: () => number,
  dependency: string,
  own: Own<T>,
): Promise<void> {
  const { client, now, random, failures, isLocal, datacenter } = options
  const name = named(dependency, options)
  return watchQuery({
    client,
    path: `/v1/${dependency}`,
    query: isLocal ? {} : { dc: datacenter },
    onFailure: (error) => failures.failed(name, error),
    onRecovery: () => failures.recovered(name),
    waitMs,
    now,
    random,
    ...own,
  })
}

function healthOf(name: string): string {
  return `health/service/${encodeURIComponent(name)}`
}

/** How logs call it. */
function named(dependency: string, { isLocal, datacenter }: CatalogWatchOptions): string {
  return isLocal ? dependency : `${dependency}?dc=${datacenter}`
}
