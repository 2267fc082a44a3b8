import { connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** Something that listens at `port` and passes bytes on to `target`; it ends with the test. */
export async function startTcpProxy(t: TestContext, port: number, target: number): Promise<void> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      // A reset on one side is one on the other.
      socket.on('error', () => socket.destroy())
      socket.on('close', () => (socket === near ? far : near).destroy())
    }
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
}
