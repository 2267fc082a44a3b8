import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { QuaysideError } from '../../core/errors.ts'

/**
 * Different ports of 127.0.0.1 that were free a moment ago, for programs that can't take port 0. Another process may be quicker to use one,
 * so whoever starts such a program must be ready to try again.
 */
export async function freePorts(count: number): Promise<number[]> {
  // All are held open until all are known; otherwise the system may give the same one twice.
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)))
  const ports = servers.map(portOf)
  await Promise.all(servers.map(close))
  return ports
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}

/** Throws PORT_TAKEN, naming the port and what to do, when something listens there already. */
export async function assertPortFree(port: number, use: string, remedy: string): Promise<void> {
  try {
    await close(await listen(port))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error
    const why = code === 'EACCES' ? 'needs rights that this user lacks' : 'is taken by another process'
    throw new QuaysideError('PORT_TAKEN', `Port ${port} (${use}) on 127.0.0.1 ${why}. ${remedy}`)
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer()
  server.listen({ port, host: '127.0.0.1', exclusive: true })
  await once(server, 'listening')
  return server
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a listening server has no port')
  return address.port
}

async function close(server: Server): Promise<void> {
  server.close()
  await once(server, 'close')
}
