import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Pace } from './pace.ts'

export type TcpListener = { close(): Promise<void> }

type Reply = (message: Uint8Array) => Uint8Array | null

/** nginx keeps a connection per resolver and worker; beyond this many, the one that asked nothing for longest is closed. */
const mostConnections = 256
const idleMs = 30_000
/** No question is longer: a name of 255 bytes and some options. */
const longestQuery = 1_024
/** As much as goes out in one tick. */
const longList = 1_000
/** Answers that wait for their reader; no further question of that connection is read until they are gone. */
const mostWaiting = 256 * 1024

/** Answers messages that come with their length before them, on 127.0.0.1. */
export async function listenTcp(port: number, answer: Reply, pace: Pace): Promise<TcpListener> {
  // In the order of their last questions.
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    const [longestIdle] = open
    if (longestIdle !== undefined && open.size >= mostConnections) {
      longestIdle.destroy()
      open.delete(longestIdle)
    }
    open.add(socket)
    socket.setTimeout(idleMs, () => socket.destroy())
    // A connection that ends in whatever way is the other side's affair.
    socket.on('error', () => undefined)
    socket.on('close', () => open.delete(socket))
    converse(socket, pace, (message) => {
      open.delete(socket)
      open.add(socket)
      return answer(message)
    })
  })
  server.listen({ port, host: '127.0.0.1', exclusive: true })
  await once(server, 'listening')
  // A connection that could not be accepted is its sender's to try again.
  server.on('error', () => undefined)
  return { close: () => closeAll(server, open) }
}

function converse(socket: Socket, pace: Pace, answer: Reply): void {
  let unread: Buffer = Buffer.alloc(0)
  let isWaiting = false
  const turn = () => {
    isWaiting = false
    const rest = answerOne(socket, unread, answer)
    if (rest === null) return void socket.destroy()
    unread = rest
    work()
  }
  /** One after the other: what is asked by TCP is a long list, and upon most of them more questions follow. */
  const work = () => {
    if (isWaiting || socket.destroyed) return
    if (socket.writableLength > mostWaiting) return void socket.pause()
    if (!isWhole(unread)) return void socket.resume()
    isWaiting = true
    socket.pause()
    pace.send(longList, turn)
  }
  socket.on('data', (chunk) => {
    unread = unread.length === 0 ? (chunk as Buffer) : Buffer.concat([unread, chunk as Buffer])
    work()
  })
  socket.on('drain', work)
}

/** Whether there is a message to answer, or one that is too long to wait for. */
function isWhole(bytes: Buffer): boolean {
  if (bytes.length < 2) return false
  const length = bytes.readUInt16BE()
  return length > longestQuery || bytes.length >= 2 + length
}

/** What is left of the bytes when their first message was answered; null for what is no conversation. */
function answerOne(socket: Socket, bytes: Buffer, answer: Reply): Buffer | null {
  const end = 2 + bytes.readUInt16BE()
  const reply = end > 2 + longestQuery ? null : answer(bytes.subarray(2, end))
  if (reply === null) return null
  const prefixed = Buffer.alloc(2 + reply.length)
  prefixed.writeUInt16BE(reply.length)
  prefixed.set(reply, 2)
  socket.write(prefixed)
  return bytes.subarray(end)
}

async function closeAll(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  server.close()
  for (const socket of open) socket.destroy()
  await once(server, 'close')
}
