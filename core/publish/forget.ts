import { type Endpoints, parseSourceKey, type SourceKey } from '../release/endpoints.ts'
import { type RouteMemory, recall } from '../route/memory.ts'
import type { Tenure } from '../route/tenure.ts'

/** What is remembered of a service: its own settings, and the places that it has or has a right to. */
export type Forgotten = { readonly source: SourceKey; readonly places: readonly string[] }

/**
 * The services that a word means: a service by name or source, or whoever has a place on a host, or the right to one, without having
 * any server.
 */
export function meantBy(word: string, memory: RouteMemory, endpoints: Endpoints): readonly SourceKey[] {
  const known = [
    ...new Set([...Object.keys(memory.services), ...tenuresOf(memory).flatMap(holdersOf)]),
  ].sort()
  const named = known.filter((source) => source === word || parseSourceKey(source)?.service === word)
  if (named.length > 0) return named
  const holders = Object.entries(memory.routes)
    .filter(([place]) => hostIn(place) === word)
    .flatMap(([, tenure]) => holdersOf(tenure))
  return [...new Set(holders)].filter((source) => !hasServers(source, endpoints)).sort()
}

/** Whether the service has servers in force, be it that they are held: then it hasn't vanished. */
export function hasServers(source: SourceKey, { sources }: Endpoints): boolean {
  return (recall(sources, source) ?? []).length > 0
}

/** The places that a service has or has a right to. */
export function placesOf(source: SourceKey, { routes }: RouteMemory): readonly string[] {
  return Object.keys(routes)
    .filter((place) => holdersOf(routes[place]).includes(source))
    .sort()
}

/**
 * The memory without these services. A place that one of them acts for is nobody's, and goes to the first who claims it; a place that
 * one of them only has a right to belongs to whoever acts for it.
 */
export function forget(memory: RouteMemory, sources: ReadonlySet<SourceKey>): RouteMemory {
  const services = Object.entries(memory.services).filter(([source]) => !sources.has(source))
  return {
    services: Object.fromEntries(services),
    hosts: withoutHolders(memory.hosts, sources),
    routes: withoutHolders(memory.routes, sources),
  }
}

function withoutHolders(
  tenures: Readonly<Record<string, Tenure>>,
  sources: ReadonlySet<SourceKey>,
): Readonly<Record<string, Tenure>> {
  return Object.fromEntries(
    Object.entries(tenures).flatMap(([place, tenure]) => {
      const [owner, acting] = [tenure.owner, tenure.acting].map((holder) => ({
        ...holder,
        members: holder.members.filter((member) => !sources.has(member)),
      }))
      if (acting === undefined || owner === undefined || acting.members.length === 0) return []
      if (owner.members.length > 0) return [[place, { ...tenure, owner, acting }]]
      return [[place, { owner: acting, acting, since: null }]]
    }),
  )
}

/** The key of a web place is `<port> <host> <match> <path>`. */
function hostIn(place: string): string {
  return place.split(' ')[1] ?? ''
}

function tenuresOf({ routes }: RouteMemory): readonly Tenure[] {
  return Object.values(routes)
}

function holdersOf(tenure: Tenure | undefined): readonly SourceKey[] {
  return tenure === undefined ? [] : [...tenure.owner.members, ...tenure.acting.members]
}
