import { type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { TestContext } from 'node:test'
import { startScripted } from '../scripted-server.ts'

/** What goes wrong with an answer, always with a status or a shape that real ones have had. */
export const kinds = [
  'too many requests',
  'no leader',
  'leader unknown',
  'denied',
  'empty',
  'not Consul',
  'truncated',
  'cut off',
  'index back',
  'hanging',
] as const
export type Kind = (typeof kinds)[number]

/** What a publisher asks Consul for. */
export const dependencies = {
  names: /^\/v1\/catalog\/services/,
  health: /^\/v1\/health\/service\/web/,
  ledger: /^\/v1\/txn/,
  lock: /^\/v1\/(session|kv)\//,
} as const
export type Dependency = keyof typeof dependencies

/** Stands before a Consul and breaks the answers of one dependency. */
export type BrokenConsul = {
  readonly url: string
  /** Null mends it. What is under way ends at once. */
  readonly break: (fault: { readonly kind: Kind; readonly what: Dependency } | null) => void
  /** How many answers were broken since. */
  readonly broken: () => number
}

export async function startBrokenConsul(t: TestContext, target: string): Promise<BrokenConsul> {
  let fault: Parameters<BrokenConsul['break']>[0] = null
  let broken = 0
  const open = new Set<ServerResponse>()
  const { url } = await startScripted(t, (response, _count, message) => {
    open.add(response)
    response.once('close', () => open.delete(response))
    const kind = fault !== null && dependencies[fault.what].test(message.url ?? '') ? fault.kind : null
    if (kind !== null) broken += 1
    const reply = kind === null ? null : replies[kind]
    if (reply !== null && reply !== undefined) reply(response, message)
    else forward(target, message, response, kind)
  })
  return {
    url,
    broken: () => broken,
    break: (next) => {
      fault = next
      broken = 0
      for (const response of open) response.destroy()
    },
  }
}

type Answer = (response: ServerResponse, message: IncomingMessage) => void

const empty: Answer = (response, { url = '' }) => {
  const body = url.startsWith('/v1/txn')
    ? '{"Results":[],"Errors":null}'
    : url.startsWith('/v1/health')
      ? '[]'
      : '{}'
  response.writeHead(200, { 'x-consul-index': '900000', 'x-consul-knownleader': 'true' }).end(body)
}

/** The kinds that need no real answer. */
const replies: Partial<Readonly<Record<Kind, Answer>>> = {
  'too many requests': (response) => response.writeHead(429).end('Your IP is issuing too many requests'),
  'no leader': (response) => response.writeHead(500).end('No cluster leader'),
  denied: (response) => response.writeHead(403).end('Permission denied'),
  'not Consul': (response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'),
  empty,
  'leader unknown': (response, message) => {
    response.setHeader('x-consul-knownleader', 'false')
    if (message.url?.startsWith('/v1/txn')) response.writeHead(500).end('No cluster leader')
    else
      response
        .writeHead(200, { 'x-consul-index': '1' })
        .end(message.url?.startsWith('/v1/health') ? '[]' : '{}')
  },
  hanging: () => {},
}

function forward(
  target: string,
  message: IncomingMessage,
  response: ServerResponse,
  kind: Kind | null,
): void {
  const { method, url = '', headers } = message
  const outgoing = send(new URL(url, target), { method, headers }, (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('end', () => pass(answer, Buffer.concat(chunks), response, kind))
  })
  outgoing.on('error', () => response.destroy())
  response.once('close', () => outgoing.destroy())
  message.pipe(outgoing)
}

function pass(answer: IncomingMessage, body: Buffer, response: ServerResponse, kind: Kind | null): void {
  const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = answer.headers
  const half = body.subarray(0, Math.floor(body.length / 2))
  response.writeHead(answer.statusCode ?? 502, {
    ...headers,
    ...(kind === 'index back' ? { 'x-consul-index': '3' } : {}),
    'content-length': kind === 'truncated' ? half.length : body.length,
  })
  if (kind === 'cut off') response.write(half, () => response.destroy())
  else response.end(kind === 'truncated' ? half : body)
}
