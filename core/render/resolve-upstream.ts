import { serviceLabel, upstreamName } from '../dns/names.ts'
import type { Endpoints } from '../release/endpoints.ts'
import type { UpstreamSettings } from '../release/layout.ts'
import { zoneName } from './names.ts'
import { type WeightedServer, weightedServers } from './weights.ts'
import { sizeText, type ZoneSizes, zoneSizeOf } from './zone-sizes.ts'

/** nginx ≥ 1.27.3 beside a DNS server that knows the addresses. */
export type ResolveCapability = {
  readonly mode: 'resolve'
  readonly sticky?: boolean
  /** `address:port` of the DNS server. */
  readonly resolver: string
  /** What the `backup` servers are made of; null leaves them out. */
  readonly seeds: Endpoints | null
  readonly zones: ZoneSizes
}

/** Writes a server, or the name that stands for servers, with the limits of its upstream. */
export type ServerWriter = (server: WeightedServer | string) => string

/**
 * The servers of an upstream that nginx resolves. Each upstream has a resolver of its own: one for the whole context would also answer for
 * what operators resolve there. No `valid`: the DNS server says itself how long what it says holds. After a failure nginx asks
 * again twice the timeout later. The seeds serve whenever the names have given no address yet: nginx was started, and no agent runs.
 */
export function resolveLines(
  upstream: UpstreamSettings,
  { resolver, seeds, zones }: ResolveCapability,
  serverOf: ServerWriter,
): readonly string[] {
  const zone = zoneName(upstream)
  const name = upstreamName(upstream.context, upstream.name)
  const backup = seeds === null ? [] : weightedServers(upstream, seeds)
  return [
    `zone ${zone} ${sizeText(zoneSizeOf(zones, zone))};`,
    `resolver ${resolver};`,
    'resolver_timeout 2s;',
    `${serverOf(name)} service=${serviceLabel} resolve;`,
    ...backup.map((server) => `${serverOf(server)} backup;`),
  ]
}
