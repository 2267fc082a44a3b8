import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export type ScriptedServer = { readonly url: string; readonly requests: IncomingMessage[] }

/** An HTTP server that answers as the test says, for failures that no real server can be made to show; ends with the test. */
export async function startScripted(
  t: TestContext,
  answer: (response: ServerResponse, count: number, request: IncomingMessage) => void,
): Promise<ScriptedServer> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    answer(response, requests.length, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}
