import type { AddressBytes } from '../route/address.ts'
import { headerLength, internet, longestMessage, pointerTo, short, types } from './wire.ts'

/** The answer section of a message: it is the same for everybody who asks for the name. */
export type Records = { readonly count: number; readonly bytes: Uint8Array }

export const noRecords: Records = { count: 0, bytes: new Uint8Array() }

/** A server by its name. */
export type Named = { readonly target: string; readonly port: number; readonly weight: number }

/** nginx asks again this long after it was told, and a second later at the latest. */
export const listSeconds = 1

/** What a message has besides its answers and the question's name: the header, the question's type and class, and the EDNS record. */
const besides = headerLength + 4 + 11

/** A or AAAA records, as many as one message holds: 4,000 of IPv4, 2,300 of IPv6. */
export function addressRecords(
  owner: string,
  type: number,
  addresses: readonly AddressBytes[],
  seconds: number,
): Records {
  const bytes: number[] = []
  let count = 0
  for (const address of addresses) {
    if (bytes.length + 12 + address.length > roomFor(owner)) break
    bytes.push(...start(type, seconds, address.length), ...address)
    count += 1
  }
  return { count, bytes: Uint8Array.from(bytes) }
}

/**
 * SRV records in their order, as many as one message holds: 1,670 with names of IPv4 addresses, 1,030 of IPv6. Targets are written out
 * (RFC 2782): nginx would read pointers, other resolvers refuse them.
 */
export function serviceRecords(owner: string, servers: readonly Named[]): Records {
  const bytes: number[] = []
  let count = 0
  for (const { target, port, weight } of servers) {
    const name = target.split('.').flatMap((label) => [label.length, ...codesOf(label)])
    const record = [...start(types.srv, listSeconds, 7 + name.length), 0, 0, ...short(weight), ...short(port)]
    if (bytes.length + record.length + name.length + 1 > roomFor(owner)) break
    bytes.push(...record, ...name, 0)
    count += 1
  }
  return { count, bytes: Uint8Array.from(bytes) }
}

function roomFor(owner: string): number {
  return longestMessage - besides - owner.length - 2
}

/** The fields of a record before its data; its owner is the name in the question. */
function start(type: number, seconds: number, length: number): readonly number[] {
  const fields = [type, internet, 0, seconds, length]
  return [...pointerTo(headerLength), ...fields.flatMap(short)]
}

function codesOf(text: string): readonly number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0))
}
