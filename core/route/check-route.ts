import type { RouteWord } from './keys.ts'
import { leadsBack } from './redirect.ts'
import { isGrpc, isStream, type Route } from './route.ts'

type Refuse = (word: RouteWord, expected: string) => void

/** What is right by itself and wrong beside another word: each is reported by the word that gives way. */
export function checkTogether(route: Route, refuse: Refuse): void {
  const { protocol } = route.pass
  if (isStream(protocol)) {
    if (route.balance.method === 'hash_uri')
      refuse('lb', 'a method that needs no URI: the route is tcp or udp')
    if (route.redirect !== null) refuse('redirect', 'nothing: the route is tcp or udp')
    return
  }
  if (route.hosts.length === 0)
    refuse(
      'host',
      'a host name: the operator has set no default domain, or the service name does not fit before it',
    )
  checkPaths(route, refuse)
  if (route.redirect !== null && leadsBack(route.redirect, route))
    refuse('redirect', 'another place than the route itself, or clients would go round in circles')
  if (route.pass.hsts !== null && route.https === 'off')
    refuse('hsts', 'off, or a route on listeners with TLS: browsers ignore it elsewhere')
  if (isGrpc(protocol) && route.https === 'off') refuse('https', 'on or only: gRPC needs a listener with TLS')
  if (route.balance.sticky !== undefined && isGrpc(protocol))
    refuse('sticky', 'nothing: gRPC clients keep no cookies')
  if (route.balance.sticky !== undefined && ['ip_hash', 'hash_uri'].includes(route.balance.method))
    refuse('sticky', `nothing, or another lb: ${route.balance.method} already says which server it is`)
}

function checkPaths({ path, strip, rewrite, pass }: Route, refuse: Refuse): void {
  if (strip !== null && isGrpc(pass.protocol)) refuse('strip', 'nothing: gRPC paths cannot be stripped')
  if (strip !== null && !isWithin(path, strip)) refuse('strip', `a front part of ${path}`)
  if (rewrite !== null && isGrpc(pass.protocol)) refuse('rewrite', 'nothing: gRPC paths cannot be rewritten')
  if (rewrite !== null && strip !== null) refuse('rewrite', 'nothing, or strip false: only one can hold')
}

function isWithin(path: string, front: string): boolean {
  return front === '/' || path === front || path.startsWith(`${front}/`)
}
