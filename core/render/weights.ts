import { byText } from '../canonical.ts'
import type { Endpoints, Server } from '../release/endpoints.ts'
import type { UpstreamSettings } from '../release/layout.ts'

export type WeightedServer = { readonly address: string; readonly port: number; readonly weight: number }

const maxWeight = 65_535n
/** `hash … consistent` makes 160 points per unit of weight in every worker: this keeps them to some megabytes. */
const maxHashTotal = 2_000n

type Part = { readonly server: Server; readonly weight: bigint }

/**
 * The servers of one upstream in the order (address, port), each address:port once. A source takes its share of the traffic
 * whatever the number of its instances; within a source the instances' own weights count. Without a server, or with shares of 0
 * only, the list is empty.
 */
export function weightedServers(
  settings: Pick<UpstreamSettings, 'sources' | 'method' | 'context' | 'sticky'>,
  endpoints: Endpoints,
): readonly WeightedServer[] {
  const { method, context, sticky } = settings
  // A stream has no ip_hash of its own: it is written as a consistent hash too, and so is what is sticky.
  const hashed =
    sticky !== undefined || method === 'hash_uri' || (method === 'ip_hash' && context === 'stream')
  const plain = hashed ? null : plainServers(settings, endpoints)
  if (plain !== null) return plain
  const parts = merge(shareOut(settings, endpoints))
  const weights = integers(
    parts.map((part) => part.weight),
    hashed,
  )
  return parts.map(({ server }, at) => ({
    address: server.address,
    port: server.port,
    weight: weights[at] ?? 1,
  }))
}

/** The weights of one source that has all the traffic, which is the rule; null for anything else. */
function plainServers(
  { sources }: Pick<UpstreamSettings, 'sources'>,
  endpoints: Endpoints,
): readonly WeightedServer[] | null {
  const [only, ...others] = sources
  if (only === undefined || others.length > 0 || only.share <= 0) return null
  const servers = endpoints.sources[only.source] ?? []
  const isPlain = servers.every(({ weight }, at) => {
    const before = servers[at - 1]
    const follows = before === undefined || byPlace(before, servers[at] as Server) < 0
    return follows && Number.isInteger(weight) && weight > 0 && weight <= Number(maxWeight)
  })
  if (!isPlain) return null
  const divisor = servers.reduce((sum, { weight }) => commonDivisor(sum, weight), 0)
  return servers.map(({ address, port, weight }) => ({ address, port, weight: weight / divisor }))
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b)
}

function byPlace(a: Server, b: Server): number {
  return byText(a.address, b.address) || a.port - b.port
}

/** Exact: every weight is multiplied by the least common multiple of the totals instead of being divided by its own. */
function shareOut({ sources }: Pick<UpstreamSettings, 'sources'>, endpoints: Endpoints): readonly Part[] {
  const lists = sources
    .filter(({ share }) => share > 0)
    .map(({ source, share }) => ({
      share: BigInt(share),
      servers: distinct(endpoints.sources[source] ?? []),
    }))
    .filter(({ servers }) => servers.length > 0)
  const totals = lists.map(({ servers }) => servers.reduce((sum, server) => sum + BigInt(server.weight), 0n))
  const common = totals.reduce((a, b) => (a / gcd(a, b)) * b, 1n)
  return lists.flatMap(({ share, servers }, at) =>
    servers.map((server) => ({
      server,
      weight: (share * BigInt(server.weight) * common) / (totals[at] ?? 1n),
    })),
  )
}

function distinct(servers: readonly Server[]): readonly Server[] {
  return [...new Map([...servers].reverse().map((server) => [placeOf(server), server])).values()]
}

function merge(parts: readonly Part[]): readonly Part[] {
  const places = new Map<string, Part>()
  for (const part of parts) {
    const known = places.get(placeOf(part.server))
    places.set(placeOf(part.server), { server: part.server, weight: part.weight + (known?.weight ?? 0n) })
  }
  return [...places.values()].sort((a, b) => byPlace(a.server, b.server))
}

/** The smallest integers in the same proportion; where they would be too large, the nearest ones that fit, never below 1. */
function integers(weights: readonly bigint[], hashed: boolean): readonly number[] {
  const divisor = weights.reduce(gcd, 0n)
  const reduced = weights.map((weight) => weight / (divisor || 1n))
  const largest = [...reduced].sort((a, b) => (a < b ? 1 : -1))[0] ?? 0n
  const total = reduced.reduce((a, b) => a + b, 0n)
  if (hashed && total > maxHashTotal) return scaled(reduced, maxHashTotal, total)
  return largest > maxWeight ? scaled(reduced, maxWeight, largest) : reduced.map(Number)
}

function scaled(weights: readonly bigint[], limit: bigint, whole: bigint): readonly number[] {
  return weights.map((weight) => Math.max(1, Number((weight * limit + whole / 2n) / whole)))
}

function placeOf({ address, port }: Server): string {
  return `${address} ${port}`
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b)
}
