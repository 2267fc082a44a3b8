import { byText, inOrder } from '../canonical.ts'
import type { SourceKey } from '../release/endpoints.ts'
import type { PublishSettings } from '../settings/settings.ts'
import type { Claim } from './claims.ts'
import { type RouteMemory, recall } from './memory.ts'
import type { Problem } from './problem.ts'
import { decideTenure, isSame, type Live, type Party, soleTenure, type Tenure } from './tenure.ts'

/** The claims that share one place: one claim, or those of a group in the order of their sources. */
export type Decision = { readonly key: string; readonly claims: readonly [Claim, ...Claim[]] }

export type Decided<T> = {
  readonly result: T
  readonly tenures: Readonly<Record<string, Tenure>>
  readonly problems: readonly Problem[]
}

type Known = { readonly memory: RouteMemory; readonly live: Live; readonly now: number }

/**
 * Which claims stand by the ownership of hosts: by the first of the operator's `owners` that names the host, else all paths of a
 * host belong to the cluster that holds it.
 */
export function decideHosts(
  claims: readonly Claim[],
  clusters: ReadonlyMap<SourceKey, string>,
  owners: PublishSettings['owners'],
  known: Known,
): Decided<readonly Claim[]> {
  const result: Claim[] = claims.filter(({ host }) => host === '')
  const tenures: [string, Tenure][] = []
  const problems: Problem[] = []
  const hosts = Map.groupBy(claims, ({ host }) => host)
  hosts.delete('')
  for (const host of [...hosts.keys()].sort()) {
    const own = hosts.get(host) ?? []
    const rule = owners.find((owner) => owner.host === host || isUnder(host, owner.host))
    const clusterOf = ({ source }: Claim) => clusters.get(source) ?? ''
    if (rule !== undefined) {
      const [allowed, refused] = split(own, (claim) => isNamed(rule, claim.source, clusterOf(claim)))
      result.push(...allowed)
      problems.push(
        ...refused.map((claim) => notOwner(claim, 'a service or cluster that the operator names as owner')),
      )
      continue
    }
    const previous = recall(known.memory.hosts, host)
    const decided = decide(previous, partiesBy(own, clusterOf, known.live), known.now)
    if (decided === null) continue
    tenures.push([host, decided.tenure])
    result.push(...decided.winner.claims)
    if (decided.changed) problems.push(ownerChanged(host, previous, decided.tenure))
    const cluster = decided.winner.holder.id || '(none of ours)'
    problems.push(...decided.losers.map((claim) => notOwner(claim, `services of cluster ${cluster} only`)))
  }
  return { result, tenures: Object.fromEntries(tenures), problems }
}

/** Who gets each place: the operator's route, else the holder among the sources and groups that claim it. */
export function decidePlaces(
  claims: readonly Claim[],
  operator: readonly Claim[],
  known: Known,
): Decided<readonly Decision[]> {
  const result: Decision[] = operator.map((claim) => ({ key: claim.key, claims: [claim] }))
  const taken = new Map(operator.map((claim) => [claim.key, claim]))
  const tenures: [string, Tenure][] = []
  const problems: Problem[] = []
  const places = Map.groupBy(claims, ({ key }) => key)
  for (const key of [...places.keys()].sort()) {
    const own = places.get(key) ?? []
    const operators = taken.get(key)
    if (operators !== undefined) {
      const others = own.filter(({ source }) => source !== operators.source)
      problems.push(...others.map((claim) => conflict(claim, `the operator's route to ${operators.source}`)))
      continue
    }
    const previous = recall(known.memory.routes, key)
    const decided = decide(previous, partiesBy(own, partyOf, known.live), known.now)
    const [first, ...rest] = decided?.winner.claims ?? []
    if (decided === null || first === undefined) continue
    tenures.push([key, decided.tenure])
    result.push({ key, claims: [first, ...rest] })
    if (decided.changed) problems.push(ownerChanged(key, previous, decided.tenure))
    const holder = `a place that is free: ${decided.winner.holder.members.join(', ')} has this one`
    problems.push(...decided.losers.map((claim) => conflict(claim, holder)))
  }
  return {
    result: inOrder(result, (a, b) => byText(a.key, b.key)),
    tenures: Object.fromEntries(tenures),
    problems,
  }
}

function decide(previous: Tenure | null, parties: readonly Party<Claim>[], now: number) {
  const [first, ...rest] = parties
  if (first === undefined) return null
  // Of thousands of places, most are claimed by one party alone.
  if (rest.length === 0) {
    const changed = previous !== null && !isSame(previous.acting, first.holder)
    return { tenure: soleTenure(previous, first.holder), winner: first, losers: noClaims, changed }
  }
  const { tenure, winner } = decideTenure(previous, [first, ...rest], now)
  const losers = parties.filter((party) => party !== winner).flatMap((party) => party.claims)
  const changed = previous !== null && !isSame(previous.acting, tenure.acting)
  return { tenure, winner, losers, changed }
}

const noClaims: readonly Claim[] = []

function partiesBy(
  claims: readonly Claim[],
  idOf: (claim: Claim) => string,
  live: Live,
): readonly Party<Claim>[] {
  const [only, ...others] = claims
  if (only !== undefined && others.length === 0) {
    return [{ holder: { id: idOf(only), members: [only.source] }, live: live.has(only.source), claims }]
  }
  const sorted = [...claims].sort((a, b) => byText(a.source, b.source))
  return [...Map.groupBy(sorted, idOf)].map(([id, own]) => ({
    holder: { id, members: [...new Set(own.map(({ source }) => source))] },
    live: own.some(({ source }) => live.has(source)),
    claims: own,
  }))
}

function partyOf({ source, route }: Claim): string {
  return route.group === null ? source : `group ${route.group}`
}

function isUnder(host: string, pattern: string): boolean {
  return pattern.startsWith('*.') && host.endsWith(pattern.slice(1))
}

/** A cluster is named by its name alone or as `<account>/<region>/<cluster>`. */
function isNamed(rule: PublishSettings['owners'][number], source: SourceKey, cluster: string): boolean {
  const service = source.slice(0, source.lastIndexOf('@'))
  const names = cluster === '' ? [] : [cluster, cluster.split('/').at(-1) ?? '']
  return rule.services.includes(service) || rule.clusters.some((one) => names.includes(one))
}

function split<T>(items: readonly T[], test: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(test), items.filter((item) => !test(item))]
}

function notOwner(claim: Claim, expected: string): Problem {
  return {
    kind: 'not-owner',
    effect: 'left-out',
    service: claim.source,
    key: 'host',
    value: claim.host,
    expected,
  }
}

function conflict(claim: Claim, expected: string): Problem {
  return {
    kind: 'conflict',
    effect: 'left-out',
    service: claim.source,
    key: 'route',
    value: claim.key,
    expected,
  }
}

function ownerChanged(place: string, previous: Tenure | null, { acting }: Tenure): Problem {
  const expected = `${previous?.acting.members.join(', ') ?? 'nobody'}, who held it before`
  return {
    kind: 'owner-changed',
    effect: 'none',
    service: acting.members.join(', '),
    key: place,
    value: acting.id,
    expected,
  }
}
