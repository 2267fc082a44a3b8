import { defaultPublishSettings as standard } from './defaults.ts'
import {
  channelName,
  datacenter,
  distinct,
  domainName,
  filePath,
  hostName,
  network,
  publicKey,
  requestPath,
  serviceName,
} from './fields.ts'
import { boolean, integer, judged, list, number, object, oneOf, optional, type Reader } from './reader.ts'
import type {
  CanarySettings,
  CertificateSettings,
  GuardSettings,
  ListenerSettings,
  OwnerSettings,
  PaceSettings,
  PublishSettings,
  RouteSettings,
} from './settings.ts'

const hour = 3_600_000
const port = integer(1, 65_535)
const many = 10_000

const listener = object<ListenerSettings>({ port, protocol: oneOf('http', 'https', 'tcp', 'tls', 'udp') })

const route = object<RouteSettings>({
  host: hostName,
  path: optional(requestPath, '/'),
  service: serviceName,
  port: optional(port, null),
})

const owner = object<OwnerSettings>({
  host: hostName,
  clusters: optional(list(serviceName), []),
  services: optional(list(serviceName), []),
})

const certificate = object<CertificateSettings>({
  name: channelName,
  hosts: list(hostName, 1),
  cert: filePath,
  key: filePath,
})

const canary = object<CanarySettings>({
  channel: optional(channelName, 'canary'),
  soakMs: optional(integer(1_000, 30 * 24 * hour), null),
  addsOnly: optional(boolean, false),
})

const guard = object<GuardSettings>({
  holdForMs: optional(integer(0, hour), standard.guard.holdForMs),
  maxShrink: optional(number(0, 1), standard.guard.maxShrink),
  minInstances: optional(integer(0, 1_000), standard.guard.minInstances),
})

const pace = judged(
  object<PaceSettings>({
    quietMs: optional(integer(0, hour), standard.pace.quietMs),
    debounceMinMs: optional(integer(0, hour), standard.pace.debounceMinMs),
    debounceMaxMs: optional(integer(0, hour), standard.pace.debounceMaxMs),
    budgetBurst: optional(integer(1, 100), standard.pace.budgetBurst),
    budgetEveryMs: optional(integer(1, hour), standard.pace.budgetEveryMs),
  }),
  ({ debounceMinMs, debounceMaxMs }) =>
    debounceMinMs <= debounceMaxMs
      ? []
      : [`debounceMinMs: expected at most debounceMaxMs (${debounceMaxMs}), got ${debounceMinMs}`],
)

const settings = object<PublishSettings>({
  channel: optional(channelName, standard.channel),
  canary: optional(canary, standard.canary),
  // Over plain HTTP they share one budget of connections, which has to leave a few for each.
  datacenters: optional(
    distinct(list(datacenter, 0, 8), (name) => name),
    standard.datacenters,
  ),
  listeners: optional(distinct(list(listener, 1, 64), socketOf), standard.listeners),
  networks: optional(list(network, 1, 64), standard.networks),
  defaultDomain: optional(domainName, standard.defaultDomain),
  defaultServer: optional(boolean, standard.defaultServer),
  routes: optional(distinct(list(route, 0, many), placeOf), standard.routes),
  owners: optional(list(owner, 0, many), standard.owners),
  certificates: optional(
    distinct(list(certificate, 0, many), ({ name }) => name),
    standard.certificates,
  ),
  method: optional(oneOf('round_robin', 'least_conn', 'ip_hash', 'random_two', 'hash_uri'), standard.method),
  keepalive: optional(integer(0, 10_000), standard.keepalive),
  workerShutdownTimeoutSeconds: optional(integer(1, 86_400), standard.workerShutdownTimeoutSeconds),
  trustedKeys: optional(list(publicKey, 0, 4), standard.trustedKeys),
  // With a shorter life, a brief outage of KMS would make every host report a stale pointer.
  pointerLifeMs: optional(integer(hour, 90 * 24 * hour), standard.pointerLifeMs),
  guard: optional(guard, standard.guard),
  pace: optional(pace, standard.pace),
})

/** What the operator says about rendering and publishing; whatever is left out has its default. */
export const publishSettings: Reader<PublishSettings> = judged(
  settings,
  ({ channel, canary: tried, routes, listeners }) => [
    ...(tried?.channel === channel
      ? [`canary.channel: expected another channel than publish.channel, got "${channel}" for both`]
      : []),
    ...portProblems(routes, listeners),
  ],
)

function portProblems(routes: readonly RouteSettings[], listeners: readonly ListenerSettings[]): string[] {
  const ports = new Set(listeners.map(({ port: number }) => number))
  return routes.flatMap(({ port: number }, index) =>
    number === null || ports.has(number)
      ? []
      : [`routes[${index}].port: expected a port of listeners (${[...ports].join(', ')}), got ${number}`],
  )
}

function placeOf({ host, path, port: number }: RouteSettings): string {
  return `${host.toLowerCase()}${path}${number === null ? '' : ` on port ${number}`}`
}

/** TCP and UDP have ports of their own; everything but `udp` listens on TCP. */
function socketOf({ port: number, protocol }: ListenerSettings): string {
  return `${protocol === 'udp' ? 'udp' : 'tcp'} port ${number}`
}
