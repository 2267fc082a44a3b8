import type { Pool } from 'undici'
import type { ConsulAccess } from './access.ts'
import type { Limit } from './limit.ts'

export type ConsulRequest = {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  /** Begins with `/v1/`; names in it are already URL-encoded. */
  readonly path: string
  /** `true` is a parameter without a value. */
  readonly query?: Readonly<Record<string, string | true | undefined>>
  /** Sent as JSON, or as it is if it is a text. */
  readonly body?: unknown
  /** The body's JSON, where its maker has it already. */
  readonly text?: string
  /** For the whole request, retries and a blocking query's wait included. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Asks for a read that is confirmed by a quorum: for everything that leads to a delete. */
  readonly consistent?: boolean
  /** `false`: one round over the servers and no repetition, for callers with a pace of their own. */
  readonly retry?: boolean
  /** Set for a write method that only reads, such as a transaction of reads: it may then go to another server at any time. */
  readonly readOnly?: boolean
}

export type Answer = {
  readonly status: number
  /** X-Consul-Index, at least 1; null where the endpoint has none. */
  readonly index: number | null
  readonly knownLeader: boolean | null
  readonly lastContactMs: number | null
  /** Whether Consul says that it left out what the token may not read; versions before 1.11 never say so. */
  readonly filtered: boolean
  /** What `body` is read from; null for 404. */
  readonly text?: string | null
  /** The parsed JSON; null for 404; the text where it isn't JSON. It is parsed when it is first looked at. */
  readonly body: unknown
}

/** The statuses that are answers; callers get them, everything else is an error. 409 is a transaction's own. */
export function isHandled(status: number): boolean {
  return (status >= 200 && status < 300) || status === 404 || status === 409
}

// The limit's own timer decides. undici's default of 300 s would end long waits and hide how long was allowed.
const slackMs = 5_000

/** One attempt at one server: sends, reads the whole body, and understands the headers. */
export async function exchange(
  pool: Pool,
  request: ConsulRequest,
  access: ConsulAccess,
  limit: Limit,
): Promise<{ readonly answer: Answer; readonly text: string }> {
  const response = await pool.request({
    method: request.method,
    path: target(request, access),
    headers: {
      ...(access.token === undefined ? {} : { 'x-consul-token': access.token }),
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(request.body === undefined ? {} : { body: request.text ?? encode(request.body) }),
    headersTimeout: limit.timeoutMs + slackMs,
    bodyTimeout: limit.timeoutMs + slackMs,
    signal: limit.signal,
  })
  const text = await response.body.text()
  return { answer: understand(response.statusCode, response.headers, text), text }
}

function encode(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}

function target(request: ConsulRequest, { datacenter, namespace, partition }: ConsulAccess): string {
  const query = {
    dc: datacenter,
    ns: namespace,
    partition,
    ...request.query,
    ...(request.consistent ? { consistent: true } : {}),
  }
  const words = Object.entries(query).flatMap(([name, value]) => {
    if (value === undefined) return []
    return value === true ? [name] : [`${name}=${encodeURIComponent(value)}`]
  })
  return words.length === 0 ? request.path : `${request.path}?${words.join('&')}`
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

function understand(status: number, headers: Headers, text: string): Answer {
  const index = numberOf(headers['x-consul-index'])
  const leader = headers['x-consul-knownleader']
  const content = status === 404 ? null : text
  let parsed: { readonly body: unknown } | null = null
  return {
    status,
    // An index of 0 would turn the next blocking query into a busy loop.
    index: index === null ? null : Math.max(1, index),
    knownLeader: leader === undefined ? null : leader === 'true',
    lastContactMs: numberOf(headers['x-consul-lastcontact']),
    filtered: headers['x-consul-results-filtered-by-acls'] === 'true',
    text: content,
    get body() {
      parsed ??= { body: content === null ? null : parseBody(content) }
      return parsed.body
    },
  }
}

function numberOf(header: string | string[] | undefined): number | null {
  const value = typeof header === 'string' && header !== '' ? Number(header) : Number.NaN
  return Number.isFinite(value) ? value : null
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
