import { connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** Something that listens at `port`, passes bytes on to `target` and counts the connections it took; it ends with the test. */
export async function startTcpProxy(
  t: TestContext,
  port: number,
  target: number,
): Promise<{ readonly accepted: number }> {
  const sockets = new Set<Socket>()
  let accepted = 0
  const server = createServer((near) => {
    accepted += 1
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
  return {
    get accepted() {
      return accepted
    },
  }
}
