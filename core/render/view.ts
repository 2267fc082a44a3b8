import type { HttpServer, Location, Model, ProxyAction, StreamServer } from '../route/model.ts'
import { isGrpc, type PassSettings } from '../route/route.ts'
import { hashSizes } from './hash-sizes.ts'
import { emptyVariable, stickyVariables } from './names.ts'

/**
 * The model in the words of nginx, which is what templates see: names, times and addresses ready to be written, and a null or
 * false wherever nothing shall be written.
 */
export type View = ReturnType<typeof viewOf>

/** As many as a deployment replaces at once, rather than nginx's "all": each costs a client time. */
const mostTries = 10

export function viewOf(model: Model) {
  return {
    hashes: hashSizes(model),
    defaultServers: model.defaultServers,
    httpServers: model.httpServers.map(knownView),
    streamServers: model.streamServers.map(streamView),
  }
}

type ServerView = ReturnType<typeof serverView>

/** By server, which is the same object for as long as nothing of it changes: templates then give the text that they gave. */
const knownViews = new WeakMap<HttpServer, ServerView>()

function knownView(server: HttpServer): ServerView {
  const view = knownViews.get(server) ?? serverView(server)
  knownViews.set(server, view)
  return view
}

function serverView({ port, host, certificate, locations }: HttpServer) {
  return { port, host, certificate, locations: locations.map((one) => locationView(one, port)) }
}

function locationView({ match, path, owner, action }: Location, listener: number) {
  return {
    path,
    owner,
    exact: match === 'exact',
    redirectTo: action.kind === 'redirect-to' ? action : null,
    redirect: action.kind === 'redirect' ? { port: action.port === 443 ? '' : `:${action.port}` } : null,
    proxy: action.kind === 'proxy' ? proxyView(action, listener) : null,
    notFound: action.kind === 'not-found',
  }
}

function proxyView(action: ProxyAction, listener: number) {
  return {
    ...passView(action),
    listener,
    grpc: isGrpc(action.protocol),
    tls: action.protocol === 'https' || action.protocol === 'grpcs',
    websocket: action.websocket,
    ...retries(action),
    unbuffered: !action.buffering,
    hsts: action.hsts,
    cookie: action.sticky ? stickyVariables(action.upstream).cookie : null,
    target: passTarget(action),
    empty: emptyVariable(action.upstream),
  }
}

/** gRPC inherits nothing from the server, so all of it is said in its locations. */
export function retries({ protocol, tries, nextUpstream }: PassSettings) {
  const all = isGrpc(protocol)
  return {
    tries: tries ?? (all ? mostTries : null),
    nextUpstream: nextUpstream ?? (all ? (['error', 'timeout'] as const) : null),
  }
}

/** Nothing else than its timeout ends a UDP session, so nginx's 10 minutes are too long there. */
function streamView({ port, protocol, certificate, upstream, owner, pass }: StreamServer) {
  const view = passView(pass)
  const udp = protocol === 'udp'
  const readTimeout = view.readTimeout ?? (udp ? '30s' : null)
  return { ...view, readTimeout, tries: pass.tries ?? mostTries, port, certificate, owner, upstream, udp }
}

function passView({ connectTimeoutMs, readTimeoutMs, sendTimeoutMs, bodySize, allow, deny }: PassSettings) {
  return {
    connectTimeout: timeText(connectTimeoutMs),
    readTimeout: readTimeoutMs === null ? null : timeText(readTimeoutMs),
    sendTimeout: sendTimeoutMs === null ? null : timeText(sendTimeoutMs),
    bodySize,
    deny,
    allow,
    onlyAllowed: allow.length > 0,
  }
}

/** What stands after `proxy_pass` or `grpc_pass`. */
export function passTarget({ protocol, upstream, uri }: ProxyAction): string {
  return `${protocol}://${upstream}${uri ?? ''}`
}

function timeText(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`
}
