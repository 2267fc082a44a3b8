import type { Endpoints, Server, SourceKey } from '../../release/endpoints.ts'
import type { UpstreamSettings } from '../../release/layout.ts'
import { canResolve } from '../../render/can-resolve.ts'
import { weightedServers } from '../../render/weights.ts'

/** `address:port` of seeds that no longer serve their upstream. */
export type StaleSeeds = {
  readonly gone: readonly string[]
  /** Those among them that serve another source now: requests would reach the wrong service. */
  readonly reused: readonly string[]
}

export function staleSeeds(
  settings: readonly UpstreamSettings[],
  seeds: Endpoints,
  live: Endpoints,
): StaleSeeds {
  const gone = settings.filter(canResolve).flatMap((upstream) => {
    const places = new Set(weightedServers(upstream, live).map(placeOf))
    // An upstream without a server has no names and no seeds: it is another configuration.
    if (places.size === 0) return []
    const own = new Set(upstream.sources.map(({ source }) => source))
    const left = weightedServers(upstream, seeds)
      .map(placeOf)
      .filter((place) => !places.has(place))
    return left.map((place) => ({ place, own }))
  })
  const users = gone.length === 0 ? new Map<string, SourceKey[]>() : usersOf(live)
  const isReused = ({ place, own }: (typeof gone)[number]) =>
    (users.get(place) ?? []).some((source) => !own.has(source))
  return { gone: namesOf(gone), reused: namesOf(gone.filter(isReused)) }
}

function namesOf(found: readonly { readonly place: string }[]): readonly string[] {
  return [...new Set(found.map(({ place }) => place))].sort()
}

function usersOf({ sources }: Endpoints): ReadonlyMap<string, readonly SourceKey[]> {
  const users = new Map<string, SourceKey[]>()
  for (const [source, servers] of Object.entries(sources))
    for (const place of servers.map(placeOf)) {
      const known = users.get(place)
      if (known === undefined) users.set(place, [source])
      else known.push(source)
    }
  return users
}

function placeOf({ address, port }: Pick<Server, 'address' | 'port'>): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}
