import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

export type TcpListener = { close(): Promise<void> }

type Reply = (message: Uint8Array) => Uint8Array | null

/** nginx keeps a connection per resolver and worker; beyond this many, the one that asked nothing for longest is closed. */
const mostConnections = 256
const idleMs = 30_000
/** No question is longer: a name of 255 bytes and some options. */
const longestQuery = 1_024
/** Answers that wait for their reader; no further question of that connection is read until they are gone. */
const mostWaiting = 256 * 1024

/** Answers messages that come with their length before them, on 127.0.0.1. */
export async function listenTcp(port: number, answer: Reply): Promise<TcpListener> {
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
    converse(socket, (message) => {
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

function converse(socket: Socket, answer: Reply): void {
  let unread: Buffer = Buffer.alloc(0)
  const work = () => {
    const rest = answerAll(socket, unread, answer)
    if (rest === null) return void socket.destroy()
    unread = rest
    if (socket.writableLength > mostWaiting) socket.pause()
    else socket.resume()
  }
  socket.on('data', (chunk) => {
    unread = unread.length === 0 ? (chunk as Buffer) : Buffer.concat([unread, chunk as Buffer])
    work()
  })
  socket.on('drain', work)
}

/** What is left of the bytes when every whole message in them was answered, or as many as may wait; null for what is no conversation. */
function answerAll(socket: Socket, bytes: Buffer, answer: Reply): Buffer | null {
  let at = 0
  while (bytes.length - at >= 2 && socket.writableLength <= mostWaiting) {
    const length = bytes.readUInt16BE(at)
    if (length > longestQuery) return null
    const end = at + 2 + length
    if (end > bytes.length) break
    const reply = answer(bytes.subarray(at + 2, end))
    if (reply === null) return null
    const prefixed = Buffer.alloc(2 + reply.length)
    prefixed.writeUInt16BE(reply.length)
    prefixed.set(reply, 2)
    socket.write(prefixed)
    at = end
  }
  return bytes.subarray(at)
}

async function closeAll(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  server.close()
  for (const socket of open) socket.destroy()
  await once(server, 'close')
}
