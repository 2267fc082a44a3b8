import { isQuad, parseIpv6 } from './ipv6.ts'

/** An address as its bits: 4 bytes for IPv4, 16 for IPv6. */
export type AddressBytes = readonly number[]

/** Reads a literal IPv4 or IPv6 address; names, zone ids, ports and brackets are no address. */
export function parseAddress(text: string): AddressBytes | null {
  if (text.length > 45) return null
  return text.includes(':') ? unmapped(parseIpv6(text)) : parseIpv4(text)
}

/** One spelling per address: dotted IPv4, or lower-case IPv6 with its longest run of zeros shortened (RFC 5952). */
export function formatAddress(bytes: AddressBytes): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  )
  const run = longestZeroRun(groups)
  if (run.length < 2) return groups.join(':')
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`
}

/** The address as nginx wants it before a port. */
export function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

/** `text` is an address with a prefix length, as in `10.0.0.0/8`; a bare address is a network of one. */
export function inNetwork(address: AddressBytes, text: string): boolean {
  const network = parseNetwork(text)
  if (network === null || network.bytes.length !== address.length) return false
  const { bytes, length } = network
  return address.every(
    (byte, at) => 8 * at >= length || ((byte ^ (bytes[at] ?? 0)) & maskAt(length, at)) === 0,
  )
}

/**
 * Link-local addresses and `fd00:ec2::/32`, where AWS hands out credentials to whoever asks: a proxy must never pass a request there,
 * whatever networks are allowed. The latter lies within `fc00::/7`. And 255.255.255.255, which nginx can't read.
 */
export function isReserved([a, b, c, d, ...rest]: AddressBytes): boolean {
  if (rest.length === 0) return (a === 169 && b === 254) || [a, b, c, d].every((byte) => byte === 255)
  const linkLocal = a === 0xfe && ((b ?? 0) & 0xc0) === 0x80
  return linkLocal || (a === 0xfd && b === 0 && c === 0x0e && d === 0xc2)
}

type Network = { readonly bytes: AddressBytes; readonly length: number }

/** The operator's networks are asked about every address. */
const networks = new Map<string, Network | null>()
const mostNetworks = 256

export function parseNetwork(text: string): Network | null {
  const known = networks.get(text)
  if (known !== undefined) return known
  const network = readNetwork(text)
  if (networks.size >= mostNetworks) networks.clear()
  networks.set(text, network)
  return network
}

function readNetwork(text: string): Network | null {
  const [literal = '', prefix, ...rest] = text.split('/')
  const bytes = parseAddress(literal)
  if (bytes === null || rest.length > 0) return null
  if (prefix === undefined) return { bytes, length: bytes.length * 8 }
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bytes.length * 8) return null
  return { bytes, length: Number(prefix) }
}

/** The network with its host bits cleared, as nginx wants it; null where the text is no network. */
export function formatNetwork(text: string): string | null {
  const network = parseNetwork(text)
  if (network === null) return null
  const base = network.bytes.map((byte, at) => byte & maskAt(network.length, at))
  return `${formatAddress(base)}/${network.length}`
}

function maskAt(length: number, at: number): number {
  const bits = Math.min(8, Math.max(0, length - 8 * at))
  return (0xff << (8 - bits)) & 0xff
}

/** Leading zeros are refused: some readers take them as octal, so such a text has two meanings. */
function parseIpv4(text: string): AddressBytes | null {
  const [, ...quads] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text) ?? []
  return quads.length === 4 && quads.every(isQuad) ? quads.map(Number) : null
}

/** `::ffff:10.0.0.1` is the IPv4 address written differently; judged as IPv6 it would slip past the allowed networks. */
function unmapped(bytes: AddressBytes | null): AddressBytes | null {
  if (bytes === null) return null
  const mapped = bytes.slice(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 255))
  return mapped ? bytes.slice(12) : bytes
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let length = 0
  groups.forEach((group, at) => {
    length = group === '0' ? length + 1 : 0
    if (length > best.length) best = { start: at - length + 1, length }
  })
  return best
}
