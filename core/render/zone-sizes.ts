import type { Endpoints } from '../release/endpoints.ts'
import type { UpstreamSettings } from '../release/layout.ts'
import { canResolve } from './can-resolve.ts'
import { zoneName } from './names.ts'
import { weightedServers } from './weights.ts'

/** Kilobytes of the zones of upstreams that nginx resolves, by the zone's name; one that isn't there has the smallest size. */
export type ZoneSizes = Readonly<Record<string, number>>

const smallest = 128
const largest = 65_536

export function zoneSizeOf(sizes: ZoneSizes, zone: string): number {
  return sizes[zone] ?? smallest
}

/**
 * The sizes to render with. A size is part of the configuration, and another one costs a reload: so a zone that is large enough stays as it
 * is, and one that isn't, or that nginx said had `overflowed`, gets room for half as many servers again.
 */
export function zoneSizes(
  settings: readonly UpstreamSettings[],
  endpoints: Endpoints,
  inForce: ZoneSizes,
  overflowed: ReadonlySet<string> = new Set(),
): ZoneSizes {
  const sizes = settings.filter(canResolve).map((upstream) => {
    const zone = zoneName(upstream)
    const least = overflowed.has(zone) ? 2 * zoneSizeOf(inForce, zone) : 0
    const servers = weightedServers(upstream, endpoints).length
    return [zone, sizeFor(servers, zoneSizeOf(inForce, zone), least)] as const
  })
  return Object.fromEntries(sizes.filter(([, size]) => size > smallest).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Whether the addresses of an update fit beside those that they replace; if not, nginx stays with the old ones. */
export function fitsZone(servers: number, kilobytes: number): boolean {
  return need(servers) <= kilobytes
}

/** As nginx writes sizes. */
export function sizeText(kilobytes: number): string {
  return kilobytes < 1024 ? `${kilobytes}k` : `${kilobytes / 1024}m`
}

function sizeFor(servers: number, inForce: number, least: number): number {
  if (least <= inForce && fitsZone(servers, inForce)) return inForce
  let size = smallest
  while (size < largest && (size < least || size < need(1.5 * servers))) size *= 2
  return Math.max(size, inForce)
}

/**
 * While an update is under way the zone holds old servers, new ones and the seeds. nginx 1.30 took 32 KB for the zone itself, and for each
 * server with its replacement and its seed 2 KB where their ports all differ.
 */
function need(servers: number): number {
  return 32 + 2.5 * servers
}
