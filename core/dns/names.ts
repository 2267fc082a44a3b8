import { digestOf } from '../canonical.ts'
import { QuaysideError } from '../errors.ts'
import type { NginxContext } from '../release/layout.ts'
import { type AddressBytes, parseAddress } from '../route/address.ts'

/** `server <name> service=http resolve` lets nginx ask for the SRV records of `_http._tcp.<name>`. */
export const serviceLabel = 'http'

/** The last label of every name that the agent answers for; no name outside of this host ends in it. */
const topLabel = 'quayside'

const longestLabel = 63
const prefix = `_${serviceLabel}._tcp.`

/**
 * The name under which nginx finds the servers of an upstream: lower case, without a final dot. Different upstreams have different names: one that
 * is too long for a label, or that differs from another in upper case only, gets a digest, after a `-` that no name of ours has.
 */
export function upstreamName(context: NginxContext, name: string): string {
  const lower = name.toLowerCase()
  const fits = lower === name && name.length <= longestLabel
  const digest = `-${digestOf(name).slice(0, 16)}`
  const label = fits ? name : `${lower.slice(0, longestLabel - digest.length)}${digest}`
  return `${label}.${context}.${topLabel}`
}

/** The owner of the SRV records of an upstream's name. */
export function serviceName(name: string): string {
  return `${prefix}${name}`
}

/**
 * The name that stands for an address in SRV records: `a-0a000001.quayside` for 10.0.0.1. It says the address itself, so it never means
 * another one, and nginx may keep what it has learnt. Throws RENDER_REFUSED for a text that is no address.
 */
export function addressName(address: string): string {
  const bytes = parseAddress(address)
  if (bytes === null)
    throw new QuaysideError(
      'RENDER_REFUSED',
      `"${address}" is no IPv4 or IPv6 address: a DNS answer can't name it`,
    )
  return `a-${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}.${topLabel}`
}

/** The name that has the addresses of all servers of an upstream with this port and weight. */
export function groupName(upstream: string, port: number, weight: number): string {
  return `s-${port}-${weight}.${upstream}`
}

/** The address that a name made by `addressName` says; null for any other text. */
export function namedAddress(name: string): AddressBytes | null {
  const [, hex = ''] = /^a-((?:[0-9a-f]{8}){1,4})\.quayside$/.exec(name) ?? []
  if (hex.length !== 8 && hex.length !== 32) return null
  return Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16))
}
