import type { LookupFunction } from 'node:net'
import { QuaysideError } from '../../core/errors.ts'
import type { ConsulAccess, ConsulAccessProvider } from './access.ts'
import { type Asked, refusal, timedOut, unreachable, wasNeverSent } from './errors.ts'
import { type Answer, type ConsulRequest, exchange, isHandled } from './exchange.ts'
import { type Limit, startLimit } from './limit.ts'
import {
  closeTransport,
  destroyTransport,
  openTransport,
  type ServerPool,
  type Transport,
  transportId,
} from './transport.ts'

export type { Answer, ConsulRequest } from './exchange.ts'

export type ConsulClient = {
  /**
   * One request with its answer for status 2xx, 404 (`body` null) and 409. Everything else throws: CONSUL_UNREACHABLE,
   * CONSUL_OVERLOADED (429, 5xx), CONSUL_DENIED (403), CONSUL_REFUSED. Reads move on to the next server and are repeated with
   * jitter for two seconds; writes only where they surely weren't carried out. An aborted `signal` throws its reason.
   */
  readonly request: (request: ConsulRequest) => Promise<Answer>
  /** Ends the connections at once, blocking queries too. */
  readonly close: () => Promise<void>
}

export type ConsulClientOptions = {
  /** Connections per server; over HTTP/2 each carries 240 requests, over plain HTTP one. 64 by default. */
  readonly connections?: number
  /** For the whole request, retries included, where it says nothing itself; 10 s by default. */
  readonly timeoutMs?: number
  /** Of [0, 1): for the jitter. */
  readonly random?: () => number
  /** Milliseconds of any steady clock. */
  readonly now?: () => number
  /** Resolves the names of servers, anew for each connection; by default as the system does. */
  readonly lookup?: LookupFunction
}

const defaults = { connections: 64, timeoutMs: 10_000, random: Math.random, now: () => performance.now() }

/** A new round over all servers begins within this time only, so that a missing route is reported and doesn't hang. */
const retryForMs = 2_000
const firstPauseMs = 100

export function createConsulClient(
  access: ConsulAccessProvider,
  options: ConsulClientOptions = {},
): ConsulClient {
  const { connections, timeoutMs, random, now } = { ...defaults, ...options }
  let transport: Transport | null = null
  let served: ConsulAccess | null = null
  let preferred = 0

  function transportFor(current: ConsulAccess): Transport {
    // Mostly it is the very same object, and digesting its certificates for each request would be what requests cost most.
    if (transport !== null && served === current) return transport
    served = current
    if (transport?.id === transportId(current)) return transport
    if (transport !== null) closeTransport(transport).catch(() => {})
    transport = openTransport(current, connections, options.lookup)
    // Each client begins elsewhere, so that many don't load the first server of the list alone.
    preferred = Math.floor(random() * transport.pools.length)
    return transport
  }

  async function round(request: ConsulRequest, current: ConsulAccess, limit: Limit): Promise<Outcome> {
    const { pools } = transportFor(current)
    let outcome: Outcome | null = null
    for (const server of [...pools.slice(preferred), ...pools.slice(0, preferred)]) {
      outcome = await attempt(request, server, current, limit)
      preferred = pools.indexOf(server)
      if ('answer' in outcome || !outcome.elsewhere) return outcome
    }
    return outcome ?? { error: noAddresses() }
  }

  async function request(asked: ConsulRequest): Promise<Answer> {
    const limit = startLimit(asked.timeoutMs ?? timeoutMs, asked.signal)
    const began = now()
    try {
      let current = await access()
      let refreshed = false
      for (let pause = firstPauseMs; ; pause *= 2) {
        const outcome = await round(asked, current, limit)
        if ('answer' in outcome) return outcome.answer
        if (isDeniedError(outcome.error) && !refreshed) {
          refreshed = true
          current = await otherToken(access, current, outcome.error)
          continue
        }
        if (!mayRepeat(outcome, asked) || now() - began + pause > retryForMs) throw outcome.error
        await limit.pause(random() * pause)
      }
    } finally {
      limit.end()
    }
  }

  return { request, close: async () => (transport === null ? undefined : destroyTransport(transport)) }
}

/** The access with another token than the one that was refused; without one, the refusal stands. */
async function otherToken(
  access: ConsulAccessProvider,
  refused: ConsulAccess,
  error: unknown,
): Promise<ConsulAccess> {
  const fresh = await access(true)
  if (fresh.token === refused.token) throw error
  return fresh
}

function mayRepeat(outcome: Outcome, request: ConsulRequest): boolean {
  return 'elsewhere' in outcome && outcome.elsewhere === true && request.retry !== false && isRead(request)
}

type Outcome = { readonly answer: Answer } | { readonly error: unknown; readonly elsewhere?: boolean }

async function attempt(
  request: ConsulRequest,
  server: ServerPool,
  access: ConsulAccess,
  limit: Limit,
): Promise<Outcome> {
  const asked: Asked = { method: request.method, url: server.address + request.path }
  try {
    const { answer, text } = await exchange(server.pool, request, access, limit)
    if (isHandled(answer.status)) return { answer }
    const error = refusal(asked, answer.status, text)
    const untouched = answer.status === 429 || isRead(request)
    return { error, elsewhere: error.code === 'CONSUL_OVERLOADED' && untouched }
  } catch (cause) {
    if (limit.outOfTime()) return { error: timedOut(asked, limit.timeoutMs) }
    if (limit.signal.aborted) return { error: limit.signal.reason }
    return { error: unreachable(asked, cause), elsewhere: isRead(request) || wasNeverSent(cause) }
  }
}

function noAddresses(): QuaysideError {
  return new QuaysideError('SETTINGS_INVALID', 'The Consul secret lists no addresses.')
}

function isRead(request: ConsulRequest): boolean {
  return request.method === 'GET' || request.readOnly === true
}

function isDeniedError(error: unknown): boolean {
  return error instanceof QuaysideError && error.code === 'CONSUL_DENIED'
}
