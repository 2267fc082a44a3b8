import { byText, inOrder } from '../canonical.ts'
import type { UpstreamSettings } from '../release/layout.ts'
import type { PublishSettings } from '../settings/settings.ts'
import type { Candidate } from './candidates.ts'
import { decideHosts, decidePlaces } from './decide.ts'
import type { RouteMemory } from './memory.ts'
import type { DefaultServer, Model } from './model.ts'
import { operatorClaims } from './operator-routes.ts'
import { differingMembers, upstreamOf, weightless } from './place-upstream.ts'
import type { Problem } from './problem.ts'
import { httpServers, streamServers } from './servers.ts'
import type { Live } from './tenure.ts'

/** Who got which place, and the model of it. */
export type Placing = Pick<RouteMemory, 'hosts' | 'routes'> & {
  readonly model: Model
  readonly problems: readonly Problem[]
  /** Whether the same candidates get the same places at any later time. */
  readonly isTimeless: boolean
}

type PlaceInput = {
  readonly datacenter: string
  readonly settings: PublishSettings
  readonly memory: RouteMemory
  readonly live: Live
  readonly now: number
}

/** Gives every place to one claimant, and puts what was given into the words of nginx. */
export function placeAll(input: PlaceInput, candidates: readonly Candidate[]): Placing {
  const { settings, memory, live, now } = input
  const operator = operatorClaims(settings, input.datacenter, candidates)
  const claims = candidates.flatMap((candidate) => candidate.claims)
  const clusters = new Map(candidates.map(({ source, cluster }) => [source, cluster]))
  const known = { memory, live, now }
  const hosts = decideHosts(claims, clusters, settings.owners, known)
  const places = decidePlaces(hosts.result, operator.claims, known)
  const upstreams = new Map<string, UpstreamSettings>()
  const placed = places.result.map((decision) => {
    const upstream = upstreamOf(decision)
    const [{ redirectTo, route }] = decision.claims
    if (redirectTo === null && route.redirect === null) upstreams.set(upstream.name, upstream)
    return { ...decision, upstream: upstream.name }
  })
  const tenures = [hosts, places].flatMap((step) => Object.values(step.tenures))
  const problems = [operator, hosts, places].flatMap((step) => step.problems)
  return {
    model: {
      defaultServers: defaultServers(settings),
      httpServers: httpServers(placed),
      streamServers: streamServers(placed),
      upstreams: inOrder([...upstreams.values()], (a, b) => byText(a.name, b.name)),
    },
    hosts: hosts.tenures,
    routes: places.tenures,
    problems: [...problems, ...places.result.flatMap(differingMembers), ...places.result.flatMap(weightless)],
    isTimeless: tenures.every(({ since }) => since === null),
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
