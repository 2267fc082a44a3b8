import { canonicalJson, canonicalOnce, jsonList, jsonObject, sha256 } from '../canonical.ts'
import type { SourceKey } from './endpoints.ts'

/** Where a file is included: nginx keeps upstreams, maps and servers of the two contexts apart. */
export type NginxContext = 'http' | 'stream'

export type BalanceMethod = 'round_robin' | 'least_conn' | 'ip_hash' | 'random_two' | 'hash_uri'

/** A source of servers and its part of the traffic: shares are relative, 0 means none, whatever the instance counts are. */
export type UpstreamSource = { readonly source: SourceKey; readonly share: number }

/** Everything that an upstream is, except its addresses. */
export type UpstreamSettings = {
  /** Begins with `quayside_`; letters, digits and `_` only, unique in its context. */
  readonly name: string
  readonly context: NginxContext
  readonly method: BalanceMethod
  /** Idle connections kept per worker; 0 keeps none. Ignored in the stream context. */
  readonly keepalive: number
  readonly maxFails: number
  readonly failTimeoutSeconds: number
  /** Connections to each server at a time, over all workers; absent for no limit. */
  readonly maxConns?: number
  /** Name of the cookie that leads a client to the same server again; absent for none. Not in the stream context. */
  readonly sticky?: string
  readonly sources: readonly UpstreamSource[]
}

/** A file of the release; `path` is relative, of safe characters, and ends in `.conf`. */
export type LayoutFile = {
  readonly path: string
  readonly context: NginxContext
  readonly sha256: string
  readonly size: number
}

/** A file of an operator's template that reads instances: the layout names how to make it, the pointer names its bytes. */
export type VolatileFile = {
  readonly path: string
  readonly context: NginxContext
  readonly template: string
  readonly queries: readonly string[]
}

/** All configuration except addresses. Its id is a function of its content, so the same layout is published once. */
export type Layout = {
  readonly schema: 1
  readonly files: readonly LayoutFile[]
  readonly upstreams: readonly UpstreamSettings[]
  readonly volatile: readonly VolatileFile[]
  /** Name and version of the renderer that made it. */
  readonly renderer: string
}

/** The content of the layout's object: its canonical JSON. */
export function layoutText({ schema, files, upstreams, volatile, renderer }: Layout): string {
  // Put together by hand, because ten thousand upstreams rarely change at once.
  return jsonObject([
    ['files', canonicalJson(files)],
    ['renderer', canonicalJson(renderer)],
    ['schema', canonicalJson(schema)],
    ['upstreams', jsonList(upstreams.map(canonicalOnce))],
    ['volatile', canonicalJson(volatile)],
  ])
}

/** The digest of the layout's content. */
export function layoutId(layout: Layout): string {
  return sha256(layoutText(layout))
}
