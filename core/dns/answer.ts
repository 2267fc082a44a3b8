import type { Finding } from './directory.ts'
import type { DnsQuery } from './query.ts'
import { flags, headerLength, longestMessage, plainDatagram, short, types } from './wire.ts'

export type Answer = { readonly message: Uint8Array; readonly truncated: boolean }

/** The largest message that UDP over IPv4 carries. */
const largestDatagram = 65_507

export type Transport = 'udp' | 'tcp'

/**
 * The message that answers a query. By UDP one that is larger than the sender takes has no records at all and says that it is cut, upon
 * which the sender asks again by TCP.
 */
export function encodeAnswer(query: DnsQuery, { code, records }: Finding, transport: Transport): Answer {
  const { question, datagram } = query
  const option = datagram === null ? [] : optionRecord(code)
  const size = headerLength + question.length + records.bytes.length + option.length
  const truncated = size > roomFor(query, transport)
  const { count, bytes } = truncated ? { count: 0, bytes: new Uint8Array() } : records
  const parts = [
    header(query, code, {
      truncated,
      counts: [question.length === 0 ? 0 : 1, count, 0, datagram === null ? 0 : 1],
    }),
    question,
    bytes,
    Uint8Array.from(option),
  ]
  return { message: joined(parts), truncated }
}

function roomFor({ datagram }: DnsQuery, transport: Transport): number {
  if (transport === 'tcp') return longestMessage
  return Math.min(largestDatagram, datagram ?? plainDatagram)
}

type Header = { readonly truncated: boolean; readonly counts: readonly number[] }

function header({ head }: DnsQuery, code: number, { truncated, counts }: Header): Uint8Array {
  const [first = 0, second = 0, asked = 0] = head
  const kept = asked & (flags.opcode | flags.wanted)
  const said = kept | flags.response | flags.authoritative | (truncated ? flags.truncated : 0)
  return Uint8Array.from([first, second, said, code & 0x0f, ...counts.flatMap(short)])
}

/** Says what we take in one datagram, and the upper bits of the code (RFC 6891). */
function optionRecord(code: number): readonly number[] {
  return [0, ...short(types.opt), ...short(plainDatagram), code >> 4, 0, 0, 0, 0, 0]
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
