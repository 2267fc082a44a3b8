import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** A backend that says its name, and echoes on connections that were upgraded to WebSocket's protocol for as long as they are open. */
export async function startWebSocketBackend(t: TestContext, name: string): Promise<number> {
  const upgraded = new Set<Socket>()
  const server = createServer((_, answer) => answer.end(name))
  server.on('upgrade', (_, socket: Socket) => {
    upgraded.add(socket)
    socket.on('error', () => socket.destroy())
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
    socket.on('data', (part) => socket.write(`${name} ${part}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of upgraded) socket.destroy()
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

export type LongConnection = {
  /** Sends a line and gives what comes back. */
  ask(text: string): Promise<string>
  readonly isOpen: boolean
}

/** A client whose connection stays open, upgraded through nginx. */
export async function openWebSocket(t: TestContext, port: number, path: string): Promise<LongConnection> {
  const socket = connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.on('error', () => socket.destroy())
  const head = ['GET PATH HTTP/1.1', 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade', '', '']
  const next = async (text: string) => {
    socket.write(text)
    const [part] = await once(socket, 'data')
    return String(part)
  }
  const answer = await next(head.join('\r\n').replace('PATH', path))
  if (!answer.startsWith('HTTP/1.1 101')) throw new Error(`nginx did not switch protocols: ${answer}`)
  return {
    ask: next,
    get isOpen() {
      return !socket.destroyed && !socket.readableEnded
    },
  }
}
