import type { UpstreamSettings } from '../release/layout.ts'
import type { CertificateSettings } from '../settings/settings.ts'
import type { Redirect } from './redirect.ts'
import type { PassSettings } from './route.ts'

/** Requests that are passed on to an upstream. */
export type ProxyAction = PassSettings & {
  readonly kind: 'proxy'
  readonly upstream: string
  /** What replaces the location's path in the request; null passes the request as it came. */
  readonly uri: string | null
  /** Whether its upstream gives clients a cookie. */
  readonly sticky: boolean
}

/** To the same host and request on the listener with TLS. */
export type RedirectAction = { readonly kind: 'redirect'; readonly port: number }

/** To where the service says; `hsts` is as in {@link PassSettings}. */
export type RedirectToAction = Redirect & { readonly kind: 'redirect-to'; readonly hsts: string | null }

/** No route has the path. */
export type NotFoundAction = { readonly kind: 'not-found' }

export type Location = {
  readonly match: 'exact' | 'prefix'
  readonly path: string
  /** Whose it is, for people: a source, the sources of a group, or empty. */
  readonly owner: string
  readonly action: ProxyAction | RedirectAction | RedirectToAction | NotFoundAction
}

/** One host on one listener. */
export type HttpServer = {
  readonly port: number
  readonly host: string
  /** Not null exactly on listeners with TLS. */
  readonly certificate: CertificateSettings | null
  readonly locations: readonly Location[]
}

/** Answers 503 for every host that no server names. */
export type DefaultServer = { readonly port: number; readonly certificate: CertificateSettings | null }

export type StreamServer = {
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  /** With one, TLS ends here and the service gets what was inside. */
  readonly certificate: CertificateSettings | null
  readonly upstream: string
  readonly owner: string
  readonly pass: PassSettings
}

/** Everything that nginx is told, except addresses; every list in a total order. */
export type Model = {
  readonly defaultServers: readonly DefaultServer[]
  readonly httpServers: readonly HttpServer[]
  readonly streamServers: readonly StreamServer[]
  readonly upstreams: readonly UpstreamSettings[]
}
