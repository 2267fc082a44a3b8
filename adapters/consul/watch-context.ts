import { parseHealth } from '../../core/catalog/parse-health.ts'
import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import { sourceKey } from '../../core/release/endpoints.ts'
import type { NameList } from './name-list.ts'
import type { Failures } from './watch-failures.ts'
import { blockingWaitMs } from './watch-pace.ts'
import { type WatchAnswer, watchQuery } from './watch-query.ts'
import { readAnswer, type WatchClient } from './watch-read.ts'
import type { SnapshotStore } from './watch-store.ts'

/** One datacenter's catalog: where it is read, and where what was read is kept. */
export type CatalogPlace = {
  readonly client: WatchClient
  readonly datacenter: string
  /** Whether it is the datacenter of the servers that are asked; any other is named in each request. */
  readonly isLocal: boolean
  readonly store: SnapshotStore
  readonly failures: Failures
  /** Milliseconds until the caller must have ended; no query blocks beyond it. */
  readonly remainingMs: () => number
  /** Something differs from before. */
  readonly onChange: () => void
  readonly now: () => number
  readonly random: () => number
}

export type WatchContext = {
  /** Names of all services. */
  readonly listed: NameList
  /** Follows a path below `/v1/` by blocking queries until the signal aborts. */
  readonly watch: <T>(dependency: string, own: OwnWatch<T>) => Promise<void>
  /** Reads a path below `/v1/` once, at once. */
  readonly read: (dependency: string, consistent: boolean, signal: AbortSignal) => Promise<unknown>
  readonly held: (service: string) => ServiceSnapshot | undefined
  readonly parse: (body: unknown, service: string) => ServiceSnapshot
  /** Keeps what was read, and tells if it differs. */
  readonly keep: (snapshot: ServiceSnapshot) => void
  readonly failed: (dependency: string, error: unknown) => void
  readonly recovered: (dependency: string) => void
  readonly isFailing: (dependency: string) => boolean
  readonly now: () => number
  readonly random: () => number
}

export type OwnWatch<T> = {
  readonly query?: Readonly<Record<string, string>>
  readonly parse: (body: unknown) => T
  readonly onData: (data: T) => void
  readonly onAnswer?: (answer: WatchAnswer) => void
  readonly onFailure?: (error: unknown) => void
  readonly parked?: () => Promise<void> | null
  readonly signal: AbortSignal
}

/** How the services of one datacenter are kept up to date: each by its own query, or all by what doorbells tell. */
export type Follower = {
  readonly follow: (names: ReadonlySet<string>) => void
  /** Called with what the list of names tells: services whose entry in it differs, and whether anything was written. */
  readonly onNames: (differing: readonly string[], answer: WatchAnswer) => void
  readonly stop: () => Promise<void>
}

export function createContext(place: CatalogPlace, listed: NameList): WatchContext {
  const { client, datacenter, isLocal, store, failures, now, random } = place
  const dc: Readonly<Record<string, string>> = isLocal ? {} : { dc: datacenter }
  const named = (dependency: string) => (isLocal ? dependency : `${dependency}?dc=${datacenter}`)
  const failed = (dependency: string, error: unknown) => failures.failed(named(dependency), error)
  const recovered = (dependency: string) => failures.recovered(named(dependency))
  const isFailing = (dependency: string) => failures.failing.has(named(dependency))
  const waitMs = () => blockingWaitMs(place.remainingMs())
  return {
    listed,
    watch: (dependency, { query = {}, onAnswer, onFailure, parked = () => null, ...own }) =>
      watchQuery({
        client,
        path: `/v1/${dependency}`,
        query: { ...dc, ...query },
        onFailure: (error) => {
          failed(dependency, error)
          onFailure?.(error)
        },
        // The failure may have been that of a query before this one.
        onRecovery: () => {},
        onAnswer: (answer) => {
          recovered(dependency)
          onAnswer?.(answer)
        },
        ...{ waitMs, parked, now, random },
        ...own,
      }),
    read: async (dependency, consistent, signal) => {
      // Agents may be set to answer from any server, and another one may be behind the one whose answer led to this read.
      const query = consistent ? dc : { ...dc, leader: true as const }
      const read = { path: `/v1/${dependency}`, query, blocking: null, consistent, signal }
      return (await readAnswer(client, read)).body()
    },
    held: (service) => store.services.get(sourceKey(service, datacenter)),
    parse: (body, service) => parseHealth(body, service, datacenter),
    keep: (snapshot) => {
      if (store.put(snapshot)) place.onChange()
    },
    ...{ failed, recovered, isFailing, now, random },
  }
}

export function healthOf(service: string): string {
  return `health/service/${encodeURIComponent(service)}`
}
