import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { formatAddress } from '../../core/route/address.ts'

type Question = { readonly name: string; readonly type: number }

type QueryOptions = {
  readonly id?: number
  readonly class?: number
  readonly flags?: number
  /** What the sender takes in one datagram, by EDNS. */
  readonly datagram?: number
  readonly ednsVersion?: number
}

export const wireTypes = { A: 1, AAAA: 28, SRV: 33 } as const

/** A question as bytes. */
export function queryFor({ name, type }: Question, options: QueryOptions = {}): Buffer {
  const { id = 7, class: asked = 1, flags = 0x0100, datagram, ednsVersion = 0 } = options
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')])
  const edns = datagram === undefined ? [] : [0, ...pair(41), ...pair(datagram), 0, ednsVersion, 0, 0, 0, 0]
  const counts = [1, 0, 0, datagram === undefined ? 0 : 1].flatMap(pair)
  return Buffer.from([
    ...pair(id),
    ...pair(flags),
    ...counts,
    ...labels,
    0,
    ...pair(type),
    ...pair(asked),
    ...edns,
  ])
}

type WireRecord = {
  readonly name: string
  readonly type: number
  readonly ttl: number
  readonly data: Buffer
  readonly at: number
}

/** A message as it reads; fails where its counts, lengths or pointers don't fit. */
export function decodeMessage(message: Uint8Array) {
  const bytes = Buffer.from(message)
  const [id, flags, questions, answers, authorities, additional] = [0, 2, 4, 6, 8, 10].map((at) =>
    bytes.readUInt16BE(at),
  )
  let at = 12
  const name = () => {
    const read = readName(bytes, at)
    at = read.end
    return read.name
  }
  const record = (): WireRecord => {
    const owner = name()
    const [type, , ttl, length] = [
      bytes.readUInt16BE(at),
      0,
      bytes.readUInt32BE(at + 4),
      bytes.readUInt16BE(at + 8),
    ]
    const from = at + 10
    at = from + length
    assert.ok(at <= bytes.length, 'a record ends within the message')
    return { name: owner, type, ttl, data: bytes.subarray(from, at), at: from }
  }
  const question = Array.from({ length: questions ?? 0 }, () => {
    const asked = { name: name(), type: bytes.readUInt16BE(at) }
    at += 4
    return asked
  })
  const records = Array.from({ length: (answers ?? 0) + (authorities ?? 0) + (additional ?? 0) }, record)
  assert.equal(at, bytes.length, 'nothing follows the last record')
  const code = (flags ?? 0) & 0x0f
  const truncated = ((flags ?? 0) & 0x0200) !== 0
  return {
    id,
    flags,
    code,
    truncated,
    question,
    answers: records.slice(0, answers).map((one) => readData(bytes, one)),
    extra: records.slice(answers),
  }
}

export type DecodedAnswer = ReturnType<typeof readData>

function readData(bytes: Buffer, { name, type, ttl, data, at }: WireRecord) {
  if (type !== wireTypes.SRV)
    return { name, type, ttl, address: formatAddress([...data]), port: 0, weight: 0, priority: 0, target: '' }
  const { name: target, end } = readName(bytes, at + 6)
  assert.equal(end, at + data.length, 'a target fills its record')
  const [priority = 0, weight = 0, port = 0] = [0, 2, 4].map((from) => data.readUInt16BE(from))
  return { name, type, ttl, address: '', port, weight, priority, target }
}

/** A name with pointers, each of which leads further back. */
function readName(bytes: Buffer, from: number): { readonly name: string; readonly end: number } {
  const labels: string[] = []
  let [at, end, limit] = [from, 0, from]
  for (;;) {
    const length = bytes.readUInt8(at)
    if (length >= 0xc0) {
      end ||= at + 2
      at = bytes.readUInt16BE(at) & 0x3fff
      assert.ok(at < limit, 'a pointer leads back')
      limit = at
    } else if (length === 0) {
      return { name: labels.join('.'), end: end || at + 1 }
    } else {
      labels.push(bytes.toString('latin1', at + 1, at + 1 + length))
      at += 1 + length
    }
  }
}

/** Sends datagrams from one socket and returns the answers that came until each has one or time is up. */
export async function sendDatagrams(
  port: number,
  messages: readonly Buffer[],
  forMs = 2_000,
): Promise<readonly Buffer[]> {
  const socket = createSocket('udp4')
  const answers: Buffer[] = []
  const done = Promise.withResolvers<void>()
  socket.on('message', (answer) => {
    answers.push(answer)
    if (answers.length === messages.length) done.resolve()
  })
  for (const message of messages) socket.send(message, port, '127.0.0.1')
  const timer = setTimeout(done.resolve, forMs)
  await done.promise
  clearTimeout(timer)
  socket.close()
  return answers
}

/** Asks questions over one connection and returns the answers in their order; those that came before the server closed it. */
export async function askByTcp(port: number, bytes: Buffer, count: number): Promise<readonly Buffer[]> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  socket.write(bytes)
  const answers: Buffer[] = []
  let unread = Buffer.alloc(0)
  for await (const chunk of socket) {
    unread = Buffer.concat([unread, chunk as Buffer])
    while (unread.length >= 2 && unread.length >= 2 + unread.readUInt16BE()) {
      const end = 2 + unread.readUInt16BE()
      answers.push(unread.subarray(2, end))
      unread = unread.subarray(end)
    }
    if (answers.length >= count) break
  }
  socket.destroy()
  return answers
}

/** With its length before it, as messages go over TCP. */
export function prefixed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(pair(message.length)), message])
}

function pair(value: number): readonly number[] {
  return [value >> 8, value & 0xff]
}
