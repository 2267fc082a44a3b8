import { byText, inOrder } from '../canonical.ts'
import { isSameItems } from '../same-items.ts'
import type { Claim } from './claims.ts'
import type { Decision } from './decide.ts'
import type { HttpServer, Location, ProxyAction, StreamServer } from './model.ts'
import { isStream, type Route } from './route.ts'

export type Placed = Decision & { readonly upstream: string }

/** One server per listener and host, in the order (port, host). */
export function httpServers(places: readonly Placed[]): readonly HttpServer[] {
  const web = places.filter(({ claims: [first] }) => !isStream(first.route.pass.protocol))
  const servers = Map.groupBy(web, ({ claims: [{ listener, host }] }) => `${listener.port} ${host}`)
  const made: HttpServer[] = []
  for (const own of servers.values()) if (own[0] !== undefined) made.push(serverOnce(own[0], own))
  return inOrder(made, (a, b) => a.port - b.port || byText(a.host, b.host))
}

export function streamServers(places: readonly Placed[]): readonly StreamServer[] {
  return places
    .filter(({ claims: [first] }) => isStream(first.route.pass.protocol))
    .map(({ claims, upstream }) => ({
      port: claims[0].listener.port,
      protocol: claims[0].route.pass.protocol === 'udp' ? ('udp' as const) : ('tcp' as const),
      certificate: claims[0].certificate,
      upstream,
      owner: ownerOf(claims),
      pass: claims[0].route.pass,
    }))
    .sort((a, b) => a.port - b.port || byText(a.protocol, b.protocol))
}

type Known = { readonly places: readonly Placed[]; readonly server: HttpServer }

/** By the first claim of a server. Claims are never changed: the same ones make the same server. */
const known = new WeakMap<Claim, Known>()

function serverOnce(first: Placed, places: readonly Placed[]): HttpServer {
  const before = known.get(first.claims[0])
  if (before !== undefined && isSame(before.places, places)) return before.server
  const server = httpServer(first, places)
  known.set(first.claims[0], { places, server })
  return server
}

function isSame(before: readonly Placed[], places: readonly Placed[]): boolean {
  if (before.length !== places.length) return false
  return places.every(({ claims, upstream }, at) => {
    const other = before[at]
    return upstream === other?.upstream && isSameItems(claims, other.claims)
  })
}

function httpServer({ claims: [first] }: Placed, places: readonly Placed[]): HttpServer {
  const exact = new Set(places.map(({ claims: [{ path, match }] }) => (match === 'exact' ? path : '')))
  const stated = places.flatMap((place) => locationsOf(place, exact))
  // Without it nginx would look for the file in its own document root.
  const caught = stated.some(({ match, path }) => match === 'prefix' && path === '/')
  const all = caught ? stated : [...stated, notFound]
  const locations = inOrder(all, (a, b) => byText(a.path, b.path) || byText(a.match, b.match))
  return { port: first.listener.port, host: first.host, certificate: first.certificate, locations }
}

const notFound: Location = { match: 'prefix', path: '/', owner: '', action: { kind: 'not-found' } }

/** A prefix `/api` is two locations, `= /api` and `/api/`, so that `/apix` isn't caught; an exact route of its own comes before. */
function locationsOf(place: Placed, exact: ReadonlySet<string>): readonly Location[] {
  const { path, match } = place.claims[0]
  if (match === 'exact') return [location(place, 'exact', path)]
  if (path === '/') return [location(place, 'prefix', '/')]
  const below = location(place, 'prefix', `${path}/`)
  return exact.has(path) ? [below] : [location(place, 'exact', path), below]
}

function location(place: Placed, match: Location['match'], path: string): Location {
  return { match, path, owner: ownerOf(place.claims), action: actionOf(place, path) }
}

function actionOf({ claims, upstream }: Placed, path: string): Location['action'] {
  const [{ redirectTo, route, listener }] = claims
  if (redirectTo !== null) return { kind: 'redirect', port: redirectTo }
  // Browsers must ignore the header where it came without TLS.
  const hsts = listener.protocol === 'https' ? route.pass.hsts : null
  if (route.redirect !== null) return { kind: 'redirect-to', ...route.redirect, hsts }
  const sticky = route.balance.sticky !== undefined
  return { kind: 'proxy', ...route.pass, hsts, upstream, uri: uriFor(path, route), sticky }
}

/** What replaces the location's path, which ends in a slash where requests below it are meant, so the same must hold for this. */
function uriFor(path: string, { strip, rewrite, match }: Route): ProxyAction['uri'] {
  if (rewrite !== null) return match === 'prefix' && path.endsWith('/') ? withSlash(rewrite) : rewrite
  if (strip === null || strip === '/') return null
  return path.slice(strip.length) || '/'
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`
}

/** Stands in a comment, and nginx reads none of more than 4,095 bytes; a character of a name has three at most. */
function ownerOf(claims: Decision['claims']): string {
  const text = claims.map(({ source }) => source).join(', ')
  return text.length <= 900 ? text : `${text.slice(0, 900).replace(/[\uD800-\uDBFF]$/, '')} …`
}
