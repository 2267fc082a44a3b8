import { type Code, codes, flags, headerLength, longestName, plainDatagram, types } from './wire.ts'

/** A question that can be answered, or the code of the error that its sender gets. */
export type DnsQuery = {
  /** The first four bytes of the message: its id and flags. */
  readonly head: Uint8Array
  /** The question as it was asked, whatever its case; empty where it could not be read. */
  readonly question: Uint8Array
  /** Lower case, without a final dot. */
  readonly name: string
  readonly type: number
  readonly class: number
  /** What the sender takes in one datagram; null where it doesn't speak EDNS. */
  readonly datagram: number | null
  readonly problem: Code | null
}

/**
 * Reads one message. Null for what must get no answer at all: what is shorter than a header, and answers, or two servers could
 * talk to each other for ever.
 */
export function parseQuery(message: Uint8Array): DnsQuery | null {
  if (message.length < headerLength || (at(message, 2) & flags.response) !== 0) return null
  const head = message.subarray(0, 4)
  const none = { head, question: new Uint8Array(), name: '', type: 0, class: 0, datagram: null }
  if ((at(message, 2) & flags.opcode) !== 0) return { ...none, problem: codes.unsupported }
  const [questions, answers, authorities, additional] = [4, 6, 8, 10].map((from) => pair(message, from))
  if (questions !== 1 || answers !== 0 || authorities !== 0) return { ...none, problem: codes.malformed }
  const name = readName(message)
  if (name === null || name.end + 4 > message.length) return { ...none, problem: codes.malformed }
  const end = name.end + 4
  const edns = readEdns(message.subarray(end), additional ?? 0)
  if (edns === null) return { ...none, problem: codes.malformed }
  return {
    head,
    question: message.subarray(headerLength, end),
    name: name.text,
    ...{ type: pair(message, name.end), class: pair(message, name.end + 2) },
    ...edns,
  }
}

/** The question's name. A pointer in it could only point to the header or to itself, so there is none in a message that means well. */
function readName(message: Uint8Array): { readonly text: string; readonly end: number } | null {
  const labels: string[] = []
  let offset = headerLength
  for (;;) {
    const length = message[offset]
    if (length === undefined || length > 63) return null
    const next = offset + 1 + length
    if (next > message.length || next - headerLength > longestName) return null
    if (length === 0) return { text: labels.join('.').toLowerCase(), end: next }
    labels.push(String.fromCharCode(...message.subarray(offset + 1, next)))
    offset = next
  }
}

type Edns = Pick<DnsQuery, 'datagram' | 'problem'>

/** What follows the question: nothing, or the one record by which a sender says what it can do (RFC 6891). Null for anything else. */
function readEdns(rest: Uint8Array, records: number): Edns | null {
  if (records === 0) return rest.length === 0 ? { datagram: null, problem: null } : null
  const isOption = records === 1 && rest.length >= 11 && rest[0] === 0 && pair(rest, 1) === types.opt
  if (!isOption || rest.length !== 11 + pair(rest, 9)) return null
  const problem = rest[6] === 0 ? null : codes.badVersion
  return { datagram: Math.max(plainDatagram, pair(rest, 3)), problem }
}

function at(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0
}

function pair(bytes: Uint8Array, offset: number): number {
  return (at(bytes, offset) << 8) | at(bytes, offset + 1)
}
