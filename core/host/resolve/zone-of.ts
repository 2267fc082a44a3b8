import { upstreamName } from '../../dns/names.ts'
import { type DnsTarget, type DnsZone, sameTargets } from '../../dns/zone.ts'
import type { Endpoints } from '../../release/endpoints.ts'
import type { UpstreamSettings } from '../../release/layout.ts'
import { canResolve } from '../../render/can-resolve.ts'
import { zoneName } from '../../render/names.ts'
import { weightedServers } from '../../render/weights.ts'
import { fitsZone, type ZoneSizes, zoneSizeOf } from '../../render/zone-sizes.ts'

/** What the DNS server has to say for a configuration: the addresses of every upstream that nginx resolves. */
export function zoneOf(settings: readonly UpstreamSettings[], endpoints: Endpoints): DnsZone {
  return new Map(settings.filter(canResolve).flatMap((upstream) => entryOf(upstream, endpoints)))
}

export type Loaded = { readonly upstreams: readonly UpstreamSettings[]; readonly zones: ZoneSizes }

/**
 * What it says while nginx still runs one configuration and another waits to be loaded: names that both have follow `next` as the loaded
 * one means them, as far as they may without a reload. `before` is what it says now.
 */
export function zoneBetween(
  { upstreams, zones }: Loaded,
  next: { readonly upstreams: readonly UpstreamSettings[]; readonly endpoints: Endpoints },
  before: DnsZone,
): DnsZone {
  const ready = upstreams.filter(canResolve).flatMap((upstream) => {
    const isKnown = upstream.sources.every(({ source }) => next.endpoints.sources[source] !== undefined)
    const [entry] = isKnown ? entryOf(upstream, next.endpoints) : []
    const fits = entry !== undefined && fitsZone(entry[1].length, zoneSizeOf(zones, zoneName(upstream)))
    return fits ? [entry] : []
  })
  return new Map([...zoneOf(next.upstreams, next.endpoints), ...before, ...ready])
}

export function isSameZone(a: DnsZone, b: DnsZone): boolean {
  return a.size === b.size && [...a].every(([name, targets]) => sameTargets(targets, b.get(name) ?? []))
}

function entryOf(
  upstream: UpstreamSettings,
  endpoints: Endpoints,
): readonly (readonly [string, readonly DnsTarget[]])[] {
  const servers = weightedServers(upstream, endpoints)
  return servers.length === 0 ? [] : [[upstreamName(upstream.context, upstream.name), servers]]
}
