import { createSocket } from 'node:dgram'
import { setTimeout as delay } from 'node:timers/promises'
import { addressName } from '../../../core/dns/names.ts'
import type { Server } from '../../../core/release/endpoints.ts'
import { decodeMessage, queryFor, wireTypes } from '../../../test/support/dns.ts'
import { withTimeout } from '../../timeout.ts'
import type { Load } from './load.ts'

export type Effect = {
  /** From the moment at which the agent's DNS server knew the new address, and from the put of the pointer. */
  readonly fromDns: number
  readonly fromPointer: number
}

const stepMs = 10
const longestMs = 30_000

/** What has to be seen of a change: servers that begin to answer, and others that cease to. */
export type Change = {
  readonly joined: readonly Server[]
  readonly left: readonly Server[]
  readonly putAt: number
  readonly dnsAt: number
}

/** When the DNS server on that port first knew the address; its name says the address, so nothing is taken from nginx's questions. */
export async function whenKnown(port: number, { address }: Server): Promise<number> {
  const socket = createSocket('udp4')
  const known = Promise.withResolvers<number>()
  socket.on('message', (answer) => {
    if (decodeMessage(answer).code === 0) known.resolve(performance.now())
  })
  const question = queryFor({ name: addressName(address), type: wireTypes.A })
  const timer = setInterval(() => socket.send(question, port, '127.0.0.1'), stepMs)
  try {
    return await withTimeout(known.promise, longestMs, `the agent's DNS server did not learn ${address}`)
  } finally {
    clearInterval(timer)
    socket.close()
  }
}

/** Waits until all that joined have answered and nobody that left has for `restMs`. */
export async function seen({ first, last }: Load, { joined, left }: Change, restMs: number): Promise<void> {
  const deadline = performance.now() + longestMs
  const isOver = () =>
    joined.every(({ address }) => first.has(address)) &&
    left.every(({ address }) => performance.now() - (last.get(address) ?? 0) > restMs)
  while (!isOver()) {
    if (performance.now() > deadline) throw new Error(`a change had no effect within ${longestMs} ms`)
    await delay(stepMs)
  }
}

/** When the change was complete: the last one that joined has answered, and the last answer of one that left has come. */
export function effectOf({ first, last }: Load, { joined, left, putAt, dnsAt }: Change): Effect {
  const times = [
    ...joined.map(({ address }) => first.get(address) ?? Number.POSITIVE_INFINITY),
    ...left.map(({ address }) => last.get(address) ?? 0),
  ]
  const at = Math.max(...times)
  return { fromDns: at - dnsAt, fromPointer: at - putAt }
}
