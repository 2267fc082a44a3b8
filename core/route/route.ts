import type { BalanceMethod } from '../release/layout.ts'
import type { RetryCondition } from './next-upstream.ts'
import type { Redirect } from './redirect.ts'

export const protocols = ['http', 'https', 'grpc', 'grpcs', 'tcp', 'udp'] as const
export type Protocol = (typeof protocols)[number]

export const balanceMethods = ['round_robin', 'least_conn', 'ip_hash', 'random_two', 'hash_uri'] as const

/** What listeners a web route is on: `redirect` answers on those without TLS with the address of the one with TLS. */
export const httpsModes = ['on', 'off', 'only', 'redirect'] as const
export type HttpsMode = (typeof httpsModes)[number]

export type PathMatch = 'prefix' | 'exact'

/** How a route passes requests on; null leaves it to nginx's own default or the operator's main configuration. */
export type PassSettings = {
  readonly protocol: Protocol
  readonly connectTimeoutMs: number
  readonly readTimeoutMs: number | null
  readonly sendTimeoutMs: number | null
  readonly bodySize: string | null
  readonly websocket: boolean
  /** Whether nginx collects an answer before it sends it on; without it the client sees each part at once. */
  readonly buffering: boolean
  /** How many servers one request may be sent to. */
  readonly tries: number | null
  /** What makes nginx try another server. */
  readonly nextUpstream: readonly RetryCondition[] | null
  /** Value of the header Strict-Transport-Security on listeners with TLS. */
  readonly hsts: string | null
  /** Networks that may send requests; empty means all. */
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

/** How traffic is spread over the servers. */
export type BalanceSettings = {
  readonly method: BalanceMethod
  readonly keepalive: number
  readonly maxFails: number
  readonly failTimeoutSeconds: number
  /** Connections to each server at a time; absent for no limit. */
  readonly maxConns?: number
  /** Name of the cookie that leads a client to the same server again; absent for none. */
  readonly sticky?: string
}

/** One route that a service states, every field validated. */
export type Route = {
  readonly id: string
  readonly hosts: readonly string[]
  /** Without a slash at its end, except `/` itself and exact paths. */
  readonly path: string
  readonly match: PathMatch
  /** The front of `path` that the service doesn't get to see; null passes the request as it came. */
  readonly strip: string | null
  /** What the service gets to see instead of `path`, without a slash at its end like `path`; null passes the request as it came. */
  readonly rewrite: string | null
  /** Where every request is sent instead of to the service. */
  readonly redirect: Redirect | null
  /** Port of the one listener, or null for every one that fits. */
  readonly listen: number | null
  readonly https: HttpsMode
  readonly certificate: string | null
  readonly group: string | null
  /** Part of the traffic within the group; 0 is none. */
  readonly weight: number
  readonly pass: PassSettings
  readonly balance: BalanceSettings
}

export function isStream(protocol: Protocol): boolean {
  return protocol === 'tcp' || protocol === 'udp'
}

export function isGrpc(protocol: Protocol): boolean {
  return protocol === 'grpc' || protocol === 'grpcs'
}
