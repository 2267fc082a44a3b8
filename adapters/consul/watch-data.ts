import {
  type DataKey,
  type DataNeed,
  type DataValue,
  dataKey,
  type KeyPair,
} from '../../core/catalog/data.ts'
import { parseNode } from '../../core/catalog/parse-node.ts'
import { parseNodes } from '../../core/catalog/parse-nodes.ts'
import { createGate } from './gate.ts'
import { kvPath, parseEntries } from './kv.ts'
import { createFailures, type FailureEvents } from './watch-failures.ts'
import { blockingWaitMs } from './watch-pace.ts'
import { watchQuery } from './watch-query.ts'
import { readAnswer, unreadable, type WatchClient } from './watch-read.ts'

export type DataWatchOptions = FailureEvents & {
  readonly client: WatchClient
  /** The datacenter whose servers are asked; the others are asked through it. */
  readonly local: string
  /** How many requests may be in flight, at least 4, and the client have connections for; null over HTTP/2, which shares them. */
  readonly connections: number | null
  /** Milliseconds until the caller must have ended; no query blocks beyond it. */
  readonly remainingMs: () => number
  /** A value differs from before. */
  readonly onChange: () => void
  readonly now: () => number
  readonly random: () => number
}

export type DataWatch = {
  /** What was never read is missing, which isn't absent. Equal data stays the same object. */
  readonly values: ReadonlyMap<DataKey, DataValue>
  /** Needs whose last read failed; their data is as old as it is. */
  readonly failing: ReadonlySet<DataKey>
  /** Sets what is followed; the rest is forgotten. */
  readonly follow: (needs: Iterable<DataNeed>) => void
  /** Ends all queries; resolves when none is left. */
  readonly stop: () => Promise<void>
}

const pollConnections = 2

/**
 * Follows keys, prefixes, nodes and their list, each by a blocking query, and those for which there is no connection left by a look every two
 * seconds. A failed read keeps what was read before.
 *
 * Where a token may not read something, Consul refuses a key; of a prefix or of the nodes it leaves out what may not be read. A
 * catalog without any node doesn't exist, so an empty list of nodes is a refusal. An empty prefix is taken for empty only if the
 * token may read the key of that name. A part of what lies below a prefix can be missing without any sign of it.
 */
export function watchData(options: DataWatchOptions): DataWatch {
  const values = new Map<DataKey, DataValue>()
  const failures = createFailures(options)
  const watches = new Map<DataKey, { readonly end: AbortController; readonly ended: Promise<void> }>()
  const blocking = new Set<DataKey>()
  const most = options.connections === null ? Number.POSITIVE_INFINITY : options.connections - pollConnections
  const gated = createGate(options.client, pollConnections)

  function start(key: DataKey, need: DataNeed): void {
    const end = new AbortController()
    const mayBlock = () => blocking.has(key)
    const client: WatchClient = {
      request: (request) => (mayBlock() ? options.client : gated).request(request),
    }
    const ended = watchQuery({
      ...requestFor(need, options.local, client),
      onData: (value) => {
        if (end.signal.aborted) return
        values.set(key, value)
        options.onChange()
      },
      onFailure: (error) => failures.failed(key, error),
      onRecovery: () => failures.recovered(key),
      waitMs: () => (mayBlock() ? blockingWaitMs(options.remainingMs()) : 0),
      parked: () => null,
      ...{ now: options.now, random: options.random, signal: end.signal },
    })
    watches.set(key, { end, ended })
  }

  function end(key: DataKey): Promise<void> {
    const found = watches.get(key)
    watches.delete(key)
    blocking.delete(key)
    values.delete(key)
    failures.recovered(key)
    found?.end.abort()
    return found?.ended ?? Promise.resolve()
  }

  function follow(needs: Iterable<DataNeed>): void {
    const wanted = new Map([...needs].map((need) => [dataKey(need), need] as const))
    for (const key of [...watches.keys()]) if (!wanted.has(key)) void end(key)
    for (const key of wanted.keys()) if (blocking.size < most) blocking.add(key)
    for (const [key, need] of wanted) if (!watches.has(key)) start(key, need)
  }

  const stop = async () => void (await Promise.all([...watches.keys()].map(end)))
  return { values, failing: failures.failing, follow, stop }
}

function requestFor({ kind, path, datacenter }: DataNeed, local: string, client: WatchClient) {
  const dc: Readonly<Record<string, string>> = datacenter === local ? {} : { dc: datacenter }
  if (kind === 'key') return { client, path: kvPath(path), query: dc, parse: parseKey }
  if (kind === 'nodes')
    return {
      client,
      path: nodesPath,
      query: dc,
      parse: (body: unknown) => parseSomeNodes(body, datacenter),
    }
  if (kind === 'node')
    return {
      client,
      path: `/v1/catalog/node/${encodeURIComponent(path)}`,
      query: dc,
      parse: (body: unknown): DataValue => ({ kind: 'node', entries: parseNode(body, datacenter) }),
    }
  const proving = path === '' ? client : provingEmptiness(client, kvPath(path), dc)
  return { client: proving, path: kvPath(path), query: { ...dc, recurse: true } as const, parse: parsePrefix }
}

const nodesPath = '/v1/catalog/nodes'

function parseKey(body: unknown): DataValue {
  return { kind: 'key', pair: parsePairs(body)[0] ?? null }
}

function parsePrefix(body: unknown): DataValue {
  return { kind: 'prefix', pairs: parsePairs(body) }
}

function parsePairs(body: unknown): readonly KeyPair[] {
  return parseEntries(body).map(({ key, value, flags }) => ({ key, value, flags }))
}

function parseSomeNodes(body: unknown, datacenter: string): DataValue {
  const nodes = parseNodes(body, datacenter)
  if (nodes.length === 0) throw unreadable(nodesPath)
  return { kind: 'nodes', nodes }
}

/** Asks for the key of the prefix's name where the prefix is empty: a token without rights is refused there. */
function provingEmptiness(client: WatchClient, path: string, query: Readonly<Record<string, string>>) {
  const request: WatchClient['request'] = async (asked) => {
    const answer = await client.request(asked)
    if (answer.body === null)
      await readAnswer(client, { path, query, blocking: null, consistent: false, signal: asked.signal })
    return answer
  }
  return { request }
}
