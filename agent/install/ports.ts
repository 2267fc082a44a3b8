import { createServer } from 'node:net'

/** Which of these ports another program listens on. A port that this user may not bind counts as free: who asks is not root then. */
export async function takenPorts(ports: readonly number[]): Promise<readonly number[]> {
  const taken = await Promise.all(ports.map(isTaken))
  return ports.filter((_, i) => taken[i])
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve((error as NodeJS.ErrnoException).code === 'EADDRINUSE'))
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(false)))
  })
}
