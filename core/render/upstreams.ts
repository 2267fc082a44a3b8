import { byText } from '../canonical.ts'
import { QuaysideError } from '../errors.ts'
import type { Endpoints, Server } from '../release/endpoints.ts'
import type { BalanceMethod, NginxContext, UpstreamSettings } from '../release/layout.ts'
import { bracketed, formatAddress, parseAddress } from '../route/address.ts'
import { canResolve } from './can-resolve.ts'
import { emptyVariable, isOurName, zoneName } from './names.ts'
import { type ResolveCapability, resolveLines, type ServerWriter } from './resolve-upstream.ts'
import { cookieMaps, stickyLines } from './sticky.ts'
import { type Filled, type FilledSection, sectionOnce, sectionsOf } from './upstream-sections.ts'
import { type WeightedServer, weightedServers } from './weights.ts'
import { sizeText } from './zone-sizes.ts'

/** What the nginx that gets the text can do: `static` is what every version can; `sticky` is a directive of nginx ≥ 1.29.6. */
export type UpstreamCapability = { readonly mode: 'static'; readonly sticky?: boolean } | ResolveCapability

export type RenderedUpstreams = {
  /** Content of `upstreams.http.conf` and `upstreams.stream.conf`; stream can't use an upstream of http. */
  readonly http: string
  readonly stream: string
  /** Names of the upstreams without any server, sorted: their routes answer 503, their streams close. */
  readonly empty: readonly string[]
}

/**
 * Puts today's addresses into the upstreams of a layout. Pure, and the same for the publisher and every host: equal arguments
 * give equal bytes. Throws `RENDER_REFUSED` for a name, address or port that nginx configuration can't hold.
 */
export function renderUpstreams(
  settings: readonly UpstreamSettings[],
  endpoints: Endpoints,
  capability: UpstreamCapability,
): RenderedUpstreams {
  const canStick = capability.sticky === true
  if (capability.mode === 'resolve') return renderResolved(settings, endpoints, capability)
  const fill = (upstream: UpstreamSettings, own: Endpoints) => fillOnce(upstream, own, canStick)
  const { http, stream } = sectionsOf(settings)
  const [web = [], streams = []] = [http, stream].map((sections) =>
    sections.map((section) => sectionOnce(section, endpoints, canStick, fill)),
  )
  const empty = [...web, ...streams].flatMap((one) => one.empty)
  return { http: textOf(web), stream: textOf(streams), empty: empty.sort() }
}

/** Only hosts render so, each its own layout alone: nothing is kept from one time to the next. */
function renderResolved(
  settings: readonly UpstreamSettings[],
  endpoints: Endpoints,
  capability: ResolveCapability,
): RenderedUpstreams {
  const filled = [...settings]
    .sort((a, b) => byText(a.name, b.name))
    .map((upstream) => {
      const servers = weightedServers(upstream, endpoints)
      const byName = servers.length > 0 && canResolve(upstream)
      const text = renderUpstream(upstream, servers, capability.sticky === true, byName ? capability : null)
      return { upstream, text, isEmpty: servers.length === 0 }
    })
  const own = (context: NginxContext) =>
    filled
      .filter(({ upstream }) => upstream.context === context)
      .map(({ text }) => text)
      .join('\n')
  const empty = filled.filter(({ isEmpty }) => isEmpty).map(({ upstream }) => upstream.name)
  return { http: own('http'), stream: own('stream'), empty }
}

/** Put together by `+`, which copies nothing: of most plans nobody reads these megabytes, since another one is there before they are published. */
function textOf(filled: readonly FilledSection[]): string {
  return filled.reduce((text, one, at) => (at === 0 ? one.text : `${text}\n${one.text}`), '')
}

type Lists = readonly (readonly Server[] | undefined)[]

/** What an upstream came to with the lists of its sources. Neither is ever changed: the same ones give the same text. */
const known = new WeakMap<UpstreamSettings, Known>()
type Known = { readonly lists: Lists; readonly canStick: boolean; readonly filled: Filled }

function fillOnce(upstream: UpstreamSettings, endpoints: Endpoints, canStick: boolean): Filled {
  const lists = upstream.sources.map(({ source }) => endpoints.sources[source])
  const before = known.get(upstream)
  const same = before?.canStick === canStick && before.lists.every((list, at) => list === lists[at])
  if (before !== undefined && same) return before.filled
  const servers = weightedServers(upstream, endpoints)
  const filled = { text: renderUpstream(upstream, servers, canStick), isEmpty: servers.length === 0 }
  known.set(upstream, { lists, canStick, filled })
  return filled
}

function renderUpstream(
  upstream: UpstreamSettings,
  servers: readonly WeightedServer[],
  canStick: boolean,
  resolve: ResolveCapability | null = null,
): string {
  if (!isOurName(upstream.name)) throw refused(upstream, `"${upstream.name}" is no upstream name of ours`)
  const places =
    resolve === null ? staticLines(upstream, servers) : resolveLines(upstream, resolve, serverOf(upstream))
  const lines = [
    ...stickyLines(upstream, canStick, methodLines(upstream)),
    ...places,
    ...keepaliveLines(upstream),
  ]
  return `${flagLines(upstream, servers)}${cookieMaps(upstream, canStick)}upstream ${upstream.name} {\n${lines.map((line) => `    ${line}\n`).join('')}}\n`
}

function staticLines(upstream: UpstreamSettings, servers: readonly WeightedServer[]): readonly string[] {
  const zone = `zone ${zoneName(upstream)} ${zoneSize(servers.length)};`
  if (servers.length === 0) return [zone, 'server 127.0.0.1:1 down;']
  return [zone, ...servers.map((server) => `${serverOf(upstream)(server)};`)]
}

/**
 * Locations read this variable to answer 503 by themselves; a stream has nothing to answer. A `map` would say the same, but nginx builds
 * tables for each, which took five sixths of the time of `nginx -t` and of a reload with a thousand of them.
 */
function flagLines({ name, context }: UpstreamSettings, servers: readonly WeightedServer[]): string {
  if (context === 'stream') return ''
  return `split_clients "" $${emptyVariable(name)} {\n    * ${servers.length === 0 ? 1 : 0};\n}\n`
}

const httpMethods: Readonly<Record<BalanceMethod, readonly string[]>> = {
  round_robin: [],
  least_conn: ['least_conn;'],
  ip_hash: ['ip_hash;'],
  random_two: ['random two least_conn;'],
  hash_uri: ['hash $request_uri consistent;'],
}

/** The stream module knows no `ip_hash` and no URI: the client's address is what both come to. */
const streamMethods: Readonly<Record<BalanceMethod, readonly string[]>> = {
  ...httpMethods,
  ip_hash: ['hash $remote_addr consistent;'],
  hash_uri: ['hash $remote_addr consistent;'],
}

function methodLines({ context, method }: UpstreamSettings): readonly string[] {
  return (context === 'http' ? httpMethods : streamMethods)[method]
}

/** How a server is written; without its limits, which a name has too, where there is no server. */
function serverOf(upstream: UpstreamSettings): ServerWriter {
  const { maxConns = 0 } = upstream
  const fails = `max_fails=${count(upstream, upstream.maxFails)} fail_timeout=${count(upstream, upstream.failTimeoutSeconds)}s`
  const limits = maxConns === 0 ? fails : `${fails} max_conns=${count(upstream, maxConns)}`
  return (server) => {
    if (typeof server === 'string') return `server ${server} ${limits}`
    const { address, port, weight } = server
    const bytes = parseAddress(address)
    if (bytes === null) throw refused(upstream, `"${address}" is no IPv4 or IPv6 address`)
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw refused(upstream, `${port} is no port`)
    const place = `${bracketed(formatAddress(bytes))}:${port}`
    return `server ${place}${weight === 1 ? '' : ` weight=${weight}`} ${limits}`
  }
}

/**
 * After the balancing method: before it nginx only warns, and keeps no connection. The timeout is below the 5 s after which
 * Node.js servers, among others, close an idle connection, so that nginx lets go first and doesn't send into a closing one.
 */
function keepaliveLines(upstream: UpstreamSettings): readonly string[] {
  if (upstream.context === 'stream' || upstream.keepalive === 0) return []
  return [`keepalive ${count(upstream, upstream.keepalive)};`, 'keepalive_timeout 4s;']
}

/** Powers of two from 64k with 1.5 KB per server: below what the hungriest version of nginx was measured to need. */
function zoneSize(servers: number): string {
  let kilobytes = 64
  while (kilobytes < servers * 1.5) kilobytes *= 2
  return sizeText(kilobytes)
}

function count(upstream: UpstreamSettings, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 1_000_000) return value
  throw refused(upstream, `${value} is no whole number of seconds, connections or failures`)
}

function refused(upstream: UpstreamSettings, reason: string): QuaysideError {
  return new QuaysideError('RENDER_REFUSED', `upstream ${upstream.name} cannot be rendered: ${reason}`)
}
