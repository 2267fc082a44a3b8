import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Log } from '../log.ts'
import type { Pace } from './pace.ts'

export type UdpListener = { readonly port: number; close(): Promise<void> }

/** nginx sends two questions per server at once: the kernel keeps as many of them as it allows. */
const receiveBuffer = 4 * 1024 * 1024

/** An answer with one record or none; a longer one is a list, upon which more questions follow. */
const longestSmall = 160

/** Answers datagrams on 127.0.0.1. */
export async function listenUdp(
  port: number,
  answer: (message: Uint8Array) => Uint8Array | null,
  pace: Pace,
  log: Log,
): Promise<UdpListener> {
  const socket = createSocket('udp4')
  socket.bind({ address: '127.0.0.1', port, exclusive: true })
  await once(socket, 'listening')
  socket.setRecvBufferSize(receiveBuffer)
  // An answer that can't be sent is asked for again; nothing else is lost with it.
  socket.on('error', (error) => log.warn('dns-error', { reason: error.message }))
  socket.on('message', (message, { port: from, address }) => {
    pace.arrived()
    // Nobody can be reached on port 0, which a forged datagram may come from.
    const reply = from === 0 ? null : answer(message)
    if (reply === null) return
    const send = () => socket.send(reply, from, address)
    if (reply.length > longestSmall) pace.send(reply.length, send)
    else send()
  })
  return {
    port: socket.address().port,
    async close() {
      socket.close()
      await once(socket, 'close')
    },
  }
}
