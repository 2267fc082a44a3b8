import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { QuaysideError } from '../core/errors.ts'
import { http, https } from './node-http.ts'

export type HttpRequest = {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** From the first byte sent to the last one received. */
  readonly timeoutMs: number
  /** A longer body is refused as it arrives, before it fills the memory. */
  readonly maxBytes: number
}

export type HttpReply = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export type HttpClient = { send(request: HttpRequest): Promise<HttpReply>; close(): void }

/** Plain HTTP and HTTPS over kept-alive connections. Throws AWS_UNREACHABLE where no complete answer came, and once it was closed. */
export function createHttpClient(): HttpClient {
  let closed = false
  const options = { keepAlive: true, maxSockets: 16, scheduling: 'lifo' as const }
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) }
  const agentOf = (url: URL) => (url.protocol === 'https:' ? agents['https:'] : agents['http:'])
  return {
    send: (request) => sendTwice(request, agentOf(request.url), () => closed),
    close() {
      closed = true
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

/** A kept connection may have been closed by the server just as it was used again: that says nothing, so it is asked once more. */
async function sendTwice(request: HttpRequest, agent: Agent, isClosed: () => boolean): Promise<HttpReply> {
  if (isClosed()) throw unreachable(request, new Error('the agent is stopping'))
  const first = await sendOnce(request, agent)
  if (!('stale' in first)) return first
  if (isClosed()) throw unreachable(request, first.stale)
  const second = await sendOnce(request, agent)
  if (!('stale' in second)) return second
  throw unreachable(request, second.stale)
}

function sendOnce(
  { method, url, headers, body, timeoutMs, maxBytes }: HttpRequest,
  agent: Agent,
): Promise<HttpReply | { stale: Error }> {
  const { request: open } = url.protocol === 'https:' ? https : http
  const signal = AbortSignal.timeout(timeoutMs)
  return new Promise((resolve, reject) => {
    const request = open(url, { method, headers: withLength(headers, body), agent, signal })
    const fail = (cause: Error) =>
      reject(unreachable({ method, url }, signal.aborted ? late(timeoutMs) : cause))
    request.once('error', (cause) =>
      request.reusedSocket && !signal.aborted ? resolve({ stale: cause }) : fail(cause),
    )
    request.once('response', (response) => {
      readBody(response, maxBytes).then((content) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: content })
      }, fail)
    })
    request.end(body)
  })
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function withLength(headers: Readonly<Record<string, string>>, body: string | Uint8Array | undefined) {
  return body === undefined ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) }
}

function late(timeoutMs: number): Error {
  return new Error(`no complete answer within ${timeoutMs} ms`)
}

/** The query is left out: it may hold what nobody should read in a log. */
function unreachable({ method, url }: { method: string; url: URL }, cause: Error): QuaysideError {
  return new QuaysideError('AWS_UNREACHABLE', `${method} ${url.origin}${url.pathname} failed`, { cause })
}
