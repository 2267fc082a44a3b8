import type { DnsZone } from '../../core/dns/zone.ts'
import type { Installed } from '../../core/host/host-state.ts'
import { zoneOf } from '../../core/host/resolve/zone-of.ts'
import { parseEndpoints } from '../../core/release/parse-endpoints.ts'
import { parseLayout } from '../../core/release/parse-layout.ts'
import type { BlobStore } from '../blobs.ts'
import type { StateFile } from '../state-file.ts'
import { type Resolver, serveZone } from './resolver.ts'

type Deps = {
  readonly blobs: BlobStore
  readonly state: StateFile
  readonly resolver: Resolver
}

/**
 * Lets the DNS server say what was known when the agent ended, from disk alone, before anything else is done: nginx may ask already. What
 * the state doesn't tell isn't said: nginx then keeps the addresses that it has, which are newer than its seeds.
 */
export async function serveKnown(deps: Deps): Promise<void> {
  const { state, resolver } = deps
  if (resolver.server === null) return
  const { confirmed, pending, following } = state.current
  const known = [confirmed, pending, following]
  const zones = await Promise.all(known.map((one) => zoneFromDisk(deps, one ?? null)))
  serveZone(resolver, new Map(zones.flatMap((zone) => [...zone])))
  // Whether the seeds still live is looked at once, some time after the start: they may be older than the agent.
  if (confirmed?.resolved !== undefined && confirmed.resolved.seeds.sha256 !== confirmed.endpoints.sha256)
    resolver.seedsDueAt = resolver.seedsAt
}

async function zoneFromDisk({ blobs }: Deps, installed: Installed | null): Promise<DnsZone> {
  if (installed?.resolved === undefined) return new Map()
  try {
    const [layout, endpoints] = [await blobs.held(installed.layout), await blobs.held(installed.endpoints)]
    if (layout === null || endpoints === null) return new Map()
    const { upstreams } = parseLayout(layout.toString(), installed.layout.sha256)
    return zoneOf(upstreams, parseEndpoints(endpoints.toString()))
  } catch {
    return new Map() // nginx keeps what it knows, and its seeds; the cycle will fetch what is missing.
  }
}
