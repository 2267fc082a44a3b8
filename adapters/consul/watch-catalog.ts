import { parseServices, type ServiceIndex } from '../../core/catalog/parse-services.ts'
import { sourceKey } from '../../core/release/endpoints.ts'
import { createNameList } from './name-list.ts'
import { type CatalogPlace, createContext, type Follower, healthOf } from './watch-context.ts'
import { followEach } from './watch-each.ts'
import { doorbellConnections, followSwept } from './watch-swept.ts'

export type CatalogWatchOptions = CatalogPlace & {
  /** How many requests may be in flight, each on a connection; null over HTTP/2, which shares them. */
  readonly connections: number | null
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

/** More fetch no faster: Consul and this process are busy with so many. */
const mostFetching = 16

/**
 * Watches the names of all services with one blocking query. Each followed service has its own too, as long as there are
 * connections for that; else doorbells tell which to fetch.
 */
export function watchCatalog(options: CatalogWatchOptions): CatalogWatch {
  const { store, datacenter, connections } = options
  const whole = new AbortController()
  const listed = createNameList()
  const context = createContext(options, listed)
  const ending: Promise<void>[] = []
  let wanted: ReadonlySet<string> = new Set()
  let isSwept = false
  let follower: Follower = followEach(context)
  let differing: readonly string[] = []

  const names = context.watch('catalog/services', {
    parse: parseServices,
    onData: (index) => {
      differing = differingNames(listed.current(), index)
      listed.replace(index)
      options.onChange()
    },
    onAnswer: (answer) => {
      follower.onNames(differing, answer)
      differing = []
    },
    signal: whole.signal,
  })

  function choose(count: number): void {
    const shouldSweep = connections !== null && count + 1 > (isSwept ? 0.8 : 1) * connections
    if (shouldSweep === isSwept) return
    ending.push(follower.stop())
    isSwept = shouldSweep
    const fetching = Math.max(1, Math.min(mostFetching, (connections ?? 0) - doorbellConnections))
    follower = isSwept ? followSwept(context, fetching) : followEach(context)
  }

  function follow(next: ReadonlySet<string>): void {
    const dropped = [...wanted].filter((name) => !next.has(name))
    wanted = new Set(next)
    choose(wanted.size)
    follower.follow(wanted)
    for (const name of dropped) {
      store.drop(sourceKey(name, datacenter))
      context.recovered(healthOf(name))
    }
  }

  async function stop(): Promise<void> {
    whole.abort()
    await Promise.all([names, follower.stop(), ...ending])
  }

  return { index: listed.current, follow, stop }
}

/** Names that came, went, or have other tags. */
function differingNames(before: ServiceIndex | null, after: ServiceIndex): readonly string[] {
  if (before === null) return [...after.keys()]
  const gone = [...before.keys()].filter((name) => !after.has(name))
  const other = [...after].filter(([name, tags]) => before.get(name)?.join('\0') !== tags.join('\0'))
  return [...gone, ...other.map(([name]) => name)]
}
