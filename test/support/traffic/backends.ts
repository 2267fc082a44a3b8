import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** A task's process, played in this one: it answers with its name until it is stopped, and then refuses connections. */
export type Backend = { readonly name: string; readonly port: number; readonly stop: () => void }

export async function startBackend(t: TestContext, name: string): Promise<Backend> {
  const server = createServer((_request, response) => {
    response.setHeader('x-task-id', name)
    response.end(`${name}\n`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => {
    server.close()
    server.closeAllConnections()
  }
  t.after(stop)
  return { name, port: (server.address() as AddressInfo).port, stop }
}
