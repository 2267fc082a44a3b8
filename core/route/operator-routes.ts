import { type SourceKey, sourceKey } from '../release/endpoints.ts'
import type { PublishSettings, RouteSettings } from '../settings/settings.ts'
import type { Candidate } from './candidates.ts'
import { type Claim, claimsOf } from './claims.ts'
import type { Problem } from './problem.ts'
import { readRoute } from './read-route.ts'
import { isStream } from './route.ts'

/**
 * The operator's own routes as claims; `port` is that of the listener. Where the service states routes of its own, how it wants
 * to be talked to holds here too. Of two routes for one place the first counts.
 */
export function operatorClaims(
  settings: PublishSettings,
  datacenter: string,
  candidates: readonly Candidate[],
): { claims: readonly Claim[]; problems: readonly Problem[] } {
  const stated = new Map(candidates.map(({ source, claims }) => [source, claims]))
  const found = settings.routes.map((route) => {
    const source = sourceKey(route.service, datacenter)
    return operatorClaim(route, source, stated.get(source)?.[0], settings)
  })
  const claims = new Map<string, Claim>()
  for (const claim of found.flatMap((one) => one.claims)) {
    if (!claims.has(claim.key)) claims.set(claim.key, claim)
  }
  return { claims: [...claims.values()], problems: found.flatMap(({ problems }) => problems) }
}

function operatorClaim(
  { host, path, service, port }: RouteSettings,
  source: SourceKey,
  own: Claim | undefined,
  settings: PublishSettings,
) {
  const listen = port === null ? {} : { listen: String(port) }
  const labels = { id: '', values: { host, path, ...listen } }
  const { route, problems } = readRoute({ source, name: service }, labels, settings)
  if (problems.length > 0) return { claims: [], problems }
  const wanted =
    own === undefined || isStream(own.route.pass.protocol)
      ? {}
      : { pass: own.route.pass, balance: own.route.balance }
  return claimsOf(source, [{ ...route, ...wanted }], settings)
}
