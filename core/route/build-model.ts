import { byText } from '../canonical.ts'
import type { ServiceSnapshot } from '../catalog/snapshot.ts'
import type { SourceKey } from '../release/endpoints.ts'
import type { UpstreamSettings } from '../release/layout.ts'
import type { PublishSettings } from '../settings/settings.ts'
import { findCandidates } from './candidates.ts'
import { decideHosts, decidePlaces } from './decide.ts'
import type { RouteMemory } from './memory.ts'
import type { DefaultServer, Model } from './model.ts'
import { operatorClaims } from './operator-routes.ts'
import { differingMembers, upstreamOf } from './place-upstream.ts'
import { compareProblems, type Problem } from './problem.ts'
import { httpServers, streamServers } from './servers.ts'

export type ModelInput = {
  /** In any order; at most one per name and datacenter. */
  readonly services: readonly ServiceSnapshot[]
  /** Where the services of the operator's own routes are looked for. */
  readonly datacenter: string
  readonly settings: PublishSettings
  readonly memory: RouteMemory
  /** Sources with an instance that passes or is held: only they can take a route from an empty holder. */
  readonly live: ReadonlySet<SourceKey>
  /** Unix milliseconds. */
  readonly now: number
}

export type BuiltModel = {
  readonly model: Model
  readonly memory: RouteMemory
  readonly problems: readonly Problem[]
}

/**
 * Turns what the catalog says into what nginx shall do, except addresses. Never throws for anything in the catalog: what is
 * wrong there is left out, or kept as it was, and reported. The order of `services` doesn't matter.
 */
export function buildModel(input: ModelInput): BuiltModel {
  const { settings, memory, live, now } = input
  const found = findCandidates(input.services, settings, memory, now)
  const operator = operatorClaims(settings, input.datacenter, found.candidates)
  const claims = found.candidates.flatMap((candidate) => candidate.claims)
  const clusters = new Map(found.candidates.map(({ source, cluster }) => [source, cluster]))
  const known = { memory, live, now }
  const hosts = decideHosts(claims, clusters, settings.owners, known)
  const places = decidePlaces(hosts.result, operator.claims, known)
  const upstreams = new Map<string, UpstreamSettings>()
  const placed = places.result.map((decision) => {
    const upstream = upstreamOf(decision)
    if (decision.claims[0].redirectTo === null) upstreams.set(upstream.name, upstream)
    return { ...decision, upstream: upstream.name }
  })
  const problems = [found, operator, hosts, places].flatMap((step) => step.problems)
  return {
    model: {
      defaultServers: defaultServers(settings),
      httpServers: httpServers(placed),
      streamServers: streamServers(placed),
      upstreams: [...upstreams.values()].sort((a, b) => byText(a.name, b.name)),
    },
    memory: {
      services: Object.fromEntries(found.candidates.map(({ source, remembered }) => [source, remembered])),
      hosts: hosts.tenures,
      routes: places.tenures,
    },
    problems: [...problems, ...places.result.flatMap(differingMembers)].sort(compareProblems),
  }
}

/** A listener with TLS needs a certificate even to refuse; without any certificate it has no server at all. */
function defaultServers({
  defaultServer,
  listeners,
  certificates,
}: PublishSettings): readonly DefaultServer[] {
  if (!defaultServer) return []
  const [certificate] = certificates
  return listeners
    .flatMap(({ port, protocol }): readonly DefaultServer[] => {
      if (protocol === 'http') return [{ port, certificate: null }]
      return protocol === 'https' && certificate !== undefined ? [{ port, certificate }] : []
    })
    .sort((a, b) => a.port - b.port)
}
