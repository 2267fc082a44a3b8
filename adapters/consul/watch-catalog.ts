import { parseHealth } from '../../core/catalog/parse-health.ts'
import { parseServices, type ServiceIndex } from '../../core/catalog/parse-services.ts'
import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
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
  readonly onFailure: (dependency: string, error: unknown) => void
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
  const listeners = new Set<() => void>()
  let index: ServiceIndex | null = null

  function waitMs(): number {
    if (!options.multiplexed && watches.size >= connectionBudget) return 0
    return Math.floor(Math.min(longestWaitMs, Math.max(1_000, options.remainingMs() - 1_000)))
  }

  function watch<T>(dependency: string, own: Own<T>): Promise<void> {
    const { client, now, random } = options
    return watchQuery({
      client,
      path: `/v1/${dependency}`,
      onFailure: (error) => {
        failing.add(dependency)
        options.onFailure(dependency, error)
      },
      onRecovery: () => failing.delete(dependency),
      waitMs,
      now,
      random,
      ...own,
    })
  }

  /** While a name isn't listed, Consul wakes its empty watch on every change of anything: wait for the list instead. */
  function untilListed(name: string, signal: AbortSignal): Promise<void> | null {
    if (index === null || index.has(name) || services.get(name)?.instances.length !== 0) return null
    return new Promise((resolve) => {
      const look = () => {
        if (!signal.aborted && index?.has(name) !== true) return
        listeners.delete(look)
        signal.removeEventListener('abort', look)
        resolve()
      }
      listeners.add(look)
      signal.addEventListener('abort', look)
      look()
    })
  }

  function start(name: string): void {
    const end = new AbortController()
    const ended = watch(`health/service/${encodeURIComponent(name)}`, {
      parse: (body) => parseHealth(body, name, options.datacenter),
      onData: (data) => {
        if (end.signal.aborted) return
        services.set(name, data)
        options.onChange()
      },
      parked: () => untilListed(name, end.signal),
      signal: end.signal,
    })
    watches.set(name, { end, ended })
  }

  function drop(name: string): Promise<void> {
    const found = watches.get(name)
    watches.delete(name)
    services.delete(name)
    failing.delete(`health/service/${encodeURIComponent(name)}`)
    found?.end.abort()
    return found?.ended ?? Promise.resolve()
  }

  const names = watch('catalog/services', {
    parse: parseServices,
    onData: (data) => {
      index = data
      for (const look of [...listeners]) look()
      options.onChange()
    },
    parked: () => null,
    signal: whole.signal,
  })

  return {
    index: () => index,
    services,
    failing,
    follow: (wanted) => {
      for (const name of [...watches.keys()]) if (!wanted.has(name)) void drop(name)
      for (const name of wanted) if (!watches.has(name)) start(name)
    },
    stop: async () => {
      whole.abort()
      await Promise.all([names, ...[...watches.keys()].map(drop)])
    },
  }
}

type Own<T> = {
  readonly parse: (body: unknown) => T
  readonly onData: (data: T) => void
  readonly parked: () => Promise<void> | null
  readonly signal: AbortSignal
}
