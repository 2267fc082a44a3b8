import { digestOf } from '../../core/canonical.ts'
import { QuaysideError } from '../../core/errors.ts'
import { pause } from '../pause.ts'
import { backoffMs, tokenBucket } from './watch-pace.ts'

/** What a watch needs of a Consul client. */
export type WatchClient = {
  readonly request: (request: {
    readonly method: 'GET'
    readonly path: string
    readonly query: Readonly<Record<string, string | true>>
    readonly timeoutMs: number
    readonly signal: AbortSignal
    readonly consistent: boolean
    readonly retry: false
  }) => Promise<{
    readonly index: number | null
    readonly knownLeader: boolean | null
    readonly body: unknown
  }>
}

export type WatchQuery<T> = {
  readonly client: WatchClient
  readonly path: string
  /** Parameters besides those of blocking, such as the datacenter. */
  readonly query: Readonly<Record<string, string | true>>
  readonly parse: (body: unknown) => T
  /** Called for the first answer and then for each answer whose data differs; equal data is never reported. */
  readonly onData: (data: T) => void
  /** Called for each failed request. What was read before stays valid: a failure is never an empty answer. */
  readonly onFailure: (error: unknown) => void
  /** Called after a success that followed a failure. */
  readonly onRecovery: () => void
  /** How long the next request may block, in milliseconds; 0 asks to poll instead. */
  readonly waitMs: () => number
  /** Resolves when the query is worth asking again. */
  readonly parked: () => Promise<void> | null
  readonly now: () => number
  readonly random: () => number
  readonly signal: AbortSignal
}

const fullReadEveryMs = 600_000
const pollEveryMs = 2_000
const plainTimeoutMs = 10_000
const deniedPauseMs = 30_000

/**
 * Follows one query for as long as the signal lets it. The first read, and one every ten minutes, is a plain consistent one;
 * the others block on the index. Failures are retried for ever, later and later. Never rejects.
 */
export async function watchQuery<T>(query: WatchQuery<T>): Promise<void> {
  const { signal, now, random } = query
  const bucket = tokenBucket(now)
  let position: Position = { index: 0, digest: null, fullAt: 0 }
  let failures = 0
  while (!signal.aborted) {
    try {
      await bucket.take(signal)
      position = await readOnce(query, position)
      if (failures > 0) query.onRecovery()
      failures = 0
      if (query.waitMs() === 0) await pause(pollEveryMs, signal)
      const parked = query.parked()
      // What changed while nobody asked is found by a plain read; an old index might miss that Consul was restored.
      if (parked !== null) {
        await parked
        position = { ...position, index: 0 }
      }
    } catch (error) {
      if (signal.aborted) return
      query.onFailure(error)
      // The server may have come back with an index below ours, and a blocking query above its index wakes for nothing.
      position = { ...position, index: 0 }
      await pause(retryPause(error, failures, random), signal)
      failures += 1
    }
  }
}

type Position = { readonly index: number; readonly digest: string | null; readonly fullAt: number }

async function readOnce<T>(query: WatchQuery<T>, position: Position): Promise<Position> {
  const { client, path, signal, now } = query
  const waitMs = query.waitMs()
  const full = position.index === 0 || waitMs === 0 || now() - position.fullAt > fullReadEveryMs
  const answer = await client.request({
    method: 'GET',
    path,
    query: full ? query.query : { ...query.query, index: String(position.index), wait: `${waitMs}ms` },
    // Consul adds up to a sixteenth to the wait, so that not all clients come back at once.
    timeoutMs: full ? plainTimeoutMs : Math.ceil((waitMs * 17) / 16) + 5_000,
    signal,
    consistent: full,
    retry: false,
  })
  // Servers without a leader answer 200 with whatever they have, which after a restart is nothing.
  if (answer.knownLeader === false)
    throw new QuaysideError('CONSUL_OVERLOADED', `Consul answered ${path} without knowing a leader.`)
  const index = Math.max(1, answer.index ?? 1)
  // The index goes back when Consul was restored or lost its data: such an answer is read again, from the start.
  if (!full && index < position.index) return { ...position, index: 0 }
  const data = query.parse(answer.body)
  const digest = digestOf(data instanceof Map ? [...data] : data)
  if (digest !== position.digest) query.onData(data)
  return { index, digest, fullAt: full ? now() : position.fullAt }
}

// A refused token doesn't heal by asking: it is an alarm, and the pause keeps it from becoming a storm.
function retryPause(error: unknown, failures: number, random: () => number): number {
  const denied = error instanceof QuaysideError && error.code === 'CONSUL_DENIED'
  return denied ? deniedPauseMs : backoffMs(failures, random)
}
