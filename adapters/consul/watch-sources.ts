import type { ServiceIndex } from '../../core/catalog/parse-services.ts'
import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import { parseSourceKey, type SourceKey } from '../../core/release/endpoints.ts'
import { watchCatalog } from './watch-catalog.ts'
import { createFailures, type FailureEvents } from './watch-failures.ts'
import type { WatchClient } from './watch-read.ts'
import { createSnapshotStore } from './watch-store.ts'

export type SourceWatchOptions = FailureEvents & {
  readonly client: WatchClient
  /** Each once; those that nobody knows are only counted as failing. */
  readonly datacenters: readonly string[]
  /** The one whose servers are asked; the others are asked through it. */
  readonly local: string
  /** Whether requests share connections (HTTP/2); otherwise each blocking query holds one. */
  readonly multiplexed: boolean
  /** Milliseconds until the caller must have ended; no query blocks beyond it. */
  readonly remainingMs: () => number
  /** Something differs from before. The data is in `indexes` and `services`. */
  readonly onChange: () => void
  readonly now: () => number
  readonly random: () => number
}

/** The catalogs of several datacenters as far as they are followed. What was never read is missing, which isn't empty. */
export type SourceWatch = {
  readonly indexes: () => ReadonlyMap<string, ServiceIndex>
  readonly services: ReadonlyMap<SourceKey, ServiceSnapshot>
  /** Requests whose last attempt failed, like `health/service/web?dc=dc2`; their data is as old as it is. */
  readonly failing: ReadonlySet<string>
  /** Sets which sources are followed; the others' data is forgotten. */
  readonly follow: (sources: ReadonlySet<SourceKey>) => void
  /** Ends all queries; resolves when none is left. */
  readonly stop: () => Promise<void>
}

/**
 * Connections over plain HTTP, of all datacenters together: the client must have as many. Consul refuses those of one address above
 * 200, and other programs there may need some too.
 */
export const connectionBudget = 60

/**
 * Watches each datacenter by itself: one that is away keeps its data as last read, is counted as failing and comes back by itself,
 * and the others don't notice.
 */
export function watchSources(options: SourceWatchOptions): SourceWatch {
  const { datacenters, local, multiplexed } = options
  const connections = multiplexed ? null : Math.floor(connectionBudget / datacenters.length)
  const store = createSnapshotStore()
  const failures = createFailures(options)
  const watches = datacenters.map((datacenter) => {
    const place = { datacenter, isLocal: datacenter === local, store, failures, connections }
    return { datacenter, watch: watchCatalog({ ...options, ...place }) }
  })

  function indexes(): ReadonlyMap<string, ServiceIndex> {
    const read = watches.flatMap(({ datacenter, watch }) => {
      const index = watch.index()
      return index === null ? [] : [[datacenter, index] as const]
    })
    return new Map(read)
  }

  let followed: ReadonlySet<SourceKey> | null = null

  function follow(sources: ReadonlySet<SourceKey>): void {
    if (sources === followed) return
    followed = sources
    const parts = [...sources].flatMap((source) => parseSourceKey(source) ?? [])
    for (const { datacenter, watch } of watches) {
      const here = parts.filter((part) => part.datacenter === datacenter)
      watch.follow(new Set(here.map(({ service }) => service)))
    }
  }

  const stop = async () => void (await Promise.all(watches.map(({ watch }) => watch.stop())))
  return { indexes, services: store.services, failing: failures.failing, follow, stop }
}
