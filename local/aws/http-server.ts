import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { QuaysideError } from '../../core/errors.ts'

/**
 * What every stand-in gives back: the address for the SDK's `endpoint`, and a `close` that waits for no client.
 */
export type LocalServer = { readonly url: string; readonly port: number; close(): Promise<void> }

/** An answer as data, so that actions are functions from request to reply. */
export type Reply = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** What a fault hook may ask for: an error or a late answer, a connection reset, or a body cut in half. */
export type Fault =
  | { readonly status?: number; readonly code?: string; readonly message?: string; readonly delayMs?: number }
  | 'reset'
  | 'truncate'

/** Listens on loopback; port 0 takes a free one. Rejects with PORT_TAKEN if another process has it. */
export async function listenHttp(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  port = 0,
): Promise<LocalServer> {
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  // Node's five seconds are soon over on a busy machine, and a client may use an idle connection again just as it is being closed.
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenPortError(cause, port)))
    server.listen(port, '127.0.0.1', resolve)
  })
  const actual = (server.address() as AddressInfo).port
  const close = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
  return { url: `http://127.0.0.1:${actual}`, port: actual, close }
}

/** The whole body; undefined if it is larger than `limit` bytes (the rest is read and dropped). */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= limit) chunks.push(chunk)
  }
  return size <= limit ? Buffer.concat(chunks) : undefined
}

/** Sends a reply; with 'truncate' announces all of the body, sends half and cuts the connection. */
export function sendReply(response: ServerResponse, reply: Reply, fault?: 'truncate'): void {
  const body = Buffer.from(reply.body ?? '')
  const bodiless = reply.status === 204 || reply.status === 304
  const length = bodiless ? {} : { 'content-length': String(body.length) }
  response.writeHead(reply.status, { ...length, ...reply.headers })
  if (fault === 'truncate' && body.length > 0) {
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy())
    return
  }
  response.end(bodiless || response.req.method === 'HEAD' ? undefined : body)
}

/** The error for a port that could not be listened on: PORT_TAKEN where another process has it. */
export function listenPortError(cause: NodeJS.ErrnoException, port: number): Error {
  if (cause.code !== 'EADDRINUSE') return cause
  return new QuaysideError(
    'PORT_TAKEN',
    `port ${port} on 127.0.0.1 is in use by another process: choose another`,
    { cause },
  )
}
