import { digestOf, digestOnce } from '../../core/canonical.ts'
import { pause } from '../pause.ts'
import { tokenBucket } from './watch-pace.ts'
import { type ReadAnswer, readAnswer, retryPause, type WatchClient } from './watch-read.ts'

export type WatchQuery<T> = {
  readonly client: WatchClient
  readonly path: string
  /** Parameters besides those of blocking, such as the datacenter. */
  readonly query: Readonly<Record<string, string | true>>
  readonly parse: (body: unknown) => T
  /** Called for the first answer and then for each answer whose data differs; equal data is never reported. */
  readonly onData: (data: T) => void
  /** Called after each success, after `onData`, whether the data differs or not. */
  readonly onAnswer?: (answer: WatchAnswer) => void
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

export type WatchAnswer = {
  /** Nothing is known of the time before: the first answer, or one after a failure or a restored Consul. */
  readonly anew: boolean
  /** Whether anything that the query depends on was written since the answer before. */
  readonly moved: boolean
}

export const fullReadEveryMs = 600_000
const pollEveryMs = 2_000

/**
 * Follows one query for as long as the signal lets it. The first read, and one every ten minutes, is a plain consistent one;
 * the others block on the index. Failures are retried for ever, later and later. Never rejects.
 */
export async function watchQuery<T>(query: WatchQuery<T>): Promise<void> {
  const { signal, now, random } = query
  const bucket = tokenBucket(now)
  let position: Position = { index: 0, blocks: true, known: null, fullAt: 0 }
  let failures = 0
  while (!signal.aborted) {
    try {
      await bucket.take(signal)
      position = await readOnce(query, position)
      if (failures > 0) query.onRecovery()
      failures = 0
      if (query.waitMs() === 0 || !position.blocks) await pause(pollEveryMs, signal)
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

type Position = {
  /** 0 asks for a plain read. */
  readonly index: number
  /** Whether answers bear an index; without one a blocking query returns at once, again and again. */
  readonly blocks: boolean
  readonly known: Known | null
  readonly fullAt: number
}

/** What was last read. */
type Known = { readonly textDigest: string | null; readonly digest: string }

async function readOnce<T>(query: WatchQuery<T>, position: Position): Promise<Position> {
  const { client, path, signal, now } = query
  const waitMs = query.waitMs()
  const full = position.index === 0 || now() - position.fullAt > fullReadEveryMs
  const blocking = full || waitMs === 0 || !position.blocks ? null : { index: position.index, waitMs }
  const answer = await readAnswer(client, { path, query: query.query, blocking, consistent: full, signal })
  const index = answer.index ?? 1
  // The index goes back when Consul was restored or lost its data: such an answer is read again, from the start.
  if (blocking !== null && index < position.index) return { ...position, index: 0 }
  const known = takeIn(query, position.known, answer)
  query.onAnswer?.({ anew: position.index === 0, moved: index !== position.index || answer.index === null })
  return { index, blocks: answer.index !== null, known, fullAt: full ? now() : position.fullAt }
}

/** Reports data that differs. Whatever is written wakes some queries, and most of these answers are word for word what they were. */
function takeIn<T>({ parse, onData }: WatchQuery<T>, before: Known | null, answer: ReadAnswer): Known {
  const { textDigest } = answer
  if (before !== null && textDigest !== null && textDigest === before.textDigest) return before
  const data = parse(answer.body())
  const digest = digestFor(data)
  if (digest !== before?.digest) onData(data)
  return { textDigest, digest }
}

/** A list of names is a map; a snapshot's digest is asked for again where it is kept. */
function digestFor(data: unknown): string {
  if (data instanceof Map) return digestOf([...data])
  return typeof data === 'object' && data !== null ? digestOnce(data) : digestOf(data)
}
