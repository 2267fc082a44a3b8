import type { SourceKey } from '../release/endpoints.ts'
import type { CertificateSettings, ListenerSettings, PublishSettings } from '../settings/settings.ts'
import { keyOf } from './keys.ts'
import type { Problem } from './problem.ts'
import { invalid } from './read-route.ts'
import { isGrpc, isStream, type PathMatch, type Route } from './route.ts'

/** A route at one place: what can be held by one service, or one group of services, only. */
export type Claim = {
  /** The place as text, the same for all who claim it. */
  readonly key: string
  readonly listener: ListenerSettings
  /** Empty for tcp and udp. */
  readonly host: string
  readonly path: string
  readonly match: PathMatch
  readonly certificate: CertificateSettings | null
  /** Port of the listener with TLS to send clients to; null where requests are passed on. */
  readonly redirectTo: number | null
  readonly source: SourceKey
  readonly route: Route
}

type Places = Pick<PublishSettings, 'listeners' | 'certificates'>

/** More would let one service fill the configuration of every host. */
const mostClaims = 256

/** Every place that a source's routes claim, each once; or the reasons why a route has no place. */
export function claimsOf(
  source: SourceKey,
  routes: readonly Route[],
  settings: Places,
): { claims: readonly Claim[]; problems: readonly Problem[] } {
  const problems: Problem[] = []
  const claims = new Map<string, Claim>()
  for (const route of routes) {
    const own = isStream(route.pass.protocol)
      ? streamClaims(source, route, settings)
      : webClaims(source, route, settings)
    if ('expected' in own) problems.push(invalid(source, keyOf(route.id, own.word), own.value, own.expected))
    else for (const claim of own.claims) if (!claims.has(claim.key)) claims.set(claim.key, claim)
  }
  if (claims.size > mostClaims) {
    problems.push(
      invalid(source, 'nginx-host', `${claims.size} places`, `at most ${mostClaims} places per service`),
    )
  }
  return { claims: [...claims.values()], problems }
}

type Refusal = {
  readonly word: 'listen' | 'cert' | 'host'
  readonly value: string
  readonly expected: string
}
type Placed = { readonly claims: readonly Claim[] } | Refusal

function streamClaims(source: SourceKey, route: Route, { listeners, certificates }: Places): Placed {
  const { protocol } = route.pass
  const plain = listeners.filter((one) => one.protocol === protocol)
  const secure = protocol === 'tcp' ? listeners.filter((one) => one.protocol === 'tls') : []
  const fitting = [...plain, ...secure]
  const unstated = plain.length > 0 ? plain : secure
  const chosen = route.listen === null ? unstated : fitting.filter(({ port }) => port === route.listen)
  const [listener] = chosen
  if (listener === undefined || chosen.length > 1) {
    const expected = `the port of one ${protocol} listener: ${portsOf(fitting)}`
    return { word: 'listen', value: String(route.listen ?? ''), expected }
  }
  const certificate = listener.protocol === 'tls' ? streamCertificate(route, certificates) : null
  if (listener.protocol === 'tls' && certificate === null) {
    const expected = `one of the configured certificates: ${namesOf(certificates)}`
    return { word: 'cert', value: route.certificate ?? '', expected }
  }
  const place = { listener, host: '', path: '', match: 'exact', certificate, redirectTo: null } as const
  return { claims: [{ key: `${listener.port}/${protocol}`, ...place, source, route }] }
}

function webClaims(source: SourceKey, route: Route, settings: Places): Placed {
  const web = settings.listeners.filter(({ protocol }) => protocol === 'http' || protocol === 'https')
  const chosen = web.filter((one) => fits(one, route))
  if (chosen.length === 0) {
    const expected = `a listener for ${route.pass.protocol} with https ${route.https}: ${portsOf(web)}`
    return { word: 'listen', value: String(route.listen ?? ''), expected }
  }
  if (route.certificate !== null && !settings.certificates.some(({ name }) => name === route.certificate)) {
    return {
      word: 'cert',
      value: route.certificate,
      expected: `a configured certificate: ${namesOf(settings.certificates)}`,
    }
  }
  const claims: Claim[] = []
  for (const host of route.hosts) {
    const own = chosen.flatMap((listener) => webClaim(source, route, host, listener, settings))
    if (own.length === 0 || !isSecured(route, host, settings)) {
      return { word: 'host', value: host, expected: 'a host that a configured certificate covers' }
    }
    claims.push(...own)
  }
  return { claims }
}

function fits({ port, protocol }: ListenerSettings, { listen, https, pass }: Route): boolean {
  if (listen !== null && listen !== port) return false
  // Before version 1.25 a listener without TLS speaks either HTTP/1 or HTTP/2, so gRPC would shut out everything else.
  return protocol === 'https' ? https !== 'off' : https !== 'only' && !isGrpc(pass.protocol)
}

function webClaim(
  source: SourceKey,
  route: Route,
  host: string,
  listener: ListenerSettings,
  { listeners, certificates }: Places,
): readonly Claim[] {
  const certificate = listener.protocol === 'https' ? certificateFor(route, host, certificates) : null
  if (listener.protocol === 'https' && certificate === null) return []
  const secure = listeners.find(({ protocol }) => protocol === 'https')
  const redirectTo =
    listener.protocol === 'http' && route.https === 'redirect' ? (secure?.port ?? null) : null
  const { path, match } = route
  const key = `${listener.port} ${host} ${match} ${path}`
  return [{ key, listener, host, path, match, certificate, redirectTo, source, route }]
}

/** A redirect to a listener that has no certificate for the host would end in a browser's warning. */
function isSecured(route: Route, host: string, { listeners, certificates }: Places): boolean {
  if (route.https !== 'redirect') return true
  const secure = listeners.some(({ protocol }) => protocol === 'https')
  return secure && certificateFor(route, host, certificates) !== null
}

/** By name where the route states one, else by host: an exact name before a wildcard. */
function certificateFor(
  route: Route,
  host: string,
  certificates: readonly CertificateSettings[],
): CertificateSettings | null {
  if (route.certificate !== null) return certificates.find(({ name }) => name === route.certificate) ?? null
  const wildcard = host.startsWith('*.') ? host : `*.${host.split('.').slice(1).join('.')}`
  return (
    certificates.find(({ hosts }) => hosts.includes(host)) ??
    certificates.find(({ hosts }) => hosts.includes(wildcard)) ??
    null
  )
}

/** TCP names no host, so without a name only the one certificate there is can be meant. */
function streamCertificate(
  { certificate }: Route,
  certificates: readonly CertificateSettings[],
): CertificateSettings | null {
  if (certificate !== null) return certificates.find(({ name }) => name === certificate) ?? null
  return certificates.length === 1 ? (certificates[0] ?? null) : null
}

function namesOf(certificates: readonly CertificateSettings[]): string {
  return certificates.map(({ name }) => name).join(', ') || 'none is'
}

function portsOf(listeners: readonly ListenerSettings[]): string {
  return listeners.map(({ port, protocol }) => `${port} (${protocol})`).join(', ') || 'none is configured'
}
