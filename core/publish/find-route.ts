import type { WrittenRoute } from './written-routes.ts'

/** Which route takes a request on one listener, and why that one. */
export type FoundRoute = {
  readonly port: number
  readonly protocol: WrittenRoute['protocol']
  /** Null where a server answers for the host, but none of its locations does. */
  readonly route: WrittenRoute | null
  readonly why: string
}

export type Request = { readonly host: string; readonly path: string; readonly port: number | null }

/**
 * The route that nginx takes, on every listener or the one that is given: the server by its exact name, then by the longest wildcard in
 * front, then by the longest one at the end, then the default one; the location by exact match, then by the longest prefix. Regular
 * expressions, which only templates of operators have, are named and not evaluated.
 */
export function findRoutes(routes: readonly WrittenRoute[], request: Request): readonly FoundRoute[] {
  const asked = routes.filter(({ port }) => request.port === null || port === request.port)
  const listeners = Map.groupBy(asked, ({ port, protocol }) => `${port}/${protocol}`)
  return [...listeners.values()].flatMap((own) => {
    const [first] = own
    if (first === undefined) return []
    const { port, protocol } = first
    if (first.context === 'http') return [{ port, protocol, ...findWeb(own, request) }]
    // TCP and UDP have no host: they are meant only where their port is named.
    return request.port === null ? [] : [{ port, protocol, route: first, why: 'the listener has one route' }]
  })
}

type Found = Pick<FoundRoute, 'route' | 'why'>

function findWeb(routes: readonly WrittenRoute[], { host, path }: Request): Found {
  const name = serverName(
    routes.filter(({ isDefault }) => !isDefault).map((one) => one.host),
    host,
  )
  const server = routes.filter((one) => (name === null ? one.isDefault : one.host === name))
  const how = name === null ? 'no server names the host, so the default one answers' : namedBy(name, host)
  if (server.length === 0)
    return { route: null, why: 'no server names the host, and there is no default one' }
  const regex = server.some(({ match }) => match === 'regex')
  const note = regex ? '; its regular expressions were not tried' : ''
  const exact = server.find((one) => one.match === 'exact' && one.path === path)
  if (exact !== undefined) return { route: exact, why: `${how}; the path is exactly this${note}` }
  const prefixes = server.filter((one) => one.match === 'prefix' && path.startsWith(one.path))
  const longest = prefixes.sort((a, b) => b.path.length - a.path.length)[0] ?? null
  if (longest === null) return { route: null, why: `${how}; it has no location for the path${note}` }
  return { route: longest, why: `${how}; ${longest.path} is its longest prefix of the path${note}` }
}

function namedBy(name: string, host: string): string {
  return name === host ? 'the server has this name' : `the server's name ${name} covers the host`
}

function serverName(names: readonly string[], host: string): string | null {
  const longest = (fits: (name: string) => boolean) =>
    names.filter(fits).sort((a, b) => b.length - a.length)[0] ?? null
  return (
    longest((name) => name === host) ??
    longest((name) => name.startsWith('*.') && host.endsWith(name.slice(1))) ??
    longest((name) => name.endsWith('.*') && host.startsWith(name.slice(0, -1)))
  )
}
