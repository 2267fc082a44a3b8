import { sha256 } from '../../core/canonical.ts'
import { QuaysideError } from '../../core/errors.ts'
import { backoffMs } from './watch-pace.ts'

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
    readonly lastContactMs: number | null
    readonly filtered: boolean
    /** What `body` is read from, where that is known. */
    readonly text?: string | null
    /** null for a 404. */
    readonly body: unknown
  }>
}

export type Read = {
  readonly path: string
  readonly query: Readonly<Record<string, string | true>>
  /** What to block on; null asks for an answer at once. */
  readonly blocking: { readonly index: number; readonly waitMs: number } | null
  /** Confirmed by a quorum. */
  readonly consistent: boolean
  readonly signal: AbortSignal
}

export type ReadAnswer = {
  /** At least 1; null where the answer has none, so that there is nothing to block on. */
  readonly index: number | null
  /** Names the text of the answer; null where that isn't known. The same text says the same. */
  readonly textDigest: string | null
  /** Parsed when it is first looked at. */
  readonly body: () => unknown
}

const plainTimeoutMs = 10_000
const deniedPauseMs = 30_000

/** An agent may be set to answer from any server; one that heard nothing of the leader for longer than this tells old news. */
const longestSilenceMs = 30_000

/**
 * One read. Throws for an answer that isn't the truth of now: from a server without a leader, or long cut off from it, or with nothing
 * in it because the token may read nothing of it. A 404 tells that something is absent only where it bears an index; without one
 * it comes from something else than Consul's data.
 */
export async function readAnswer(client: WatchClient, read: Read): Promise<ReadAnswer> {
  const { path, query, blocking, consistent, signal } = read
  const answer = await client.request({
    method: 'GET',
    path,
    query:
      blocking === null ? query : { ...query, index: String(blocking.index), wait: `${blocking.waitMs}ms` },
    // Consul adds up to a sixteenth to the wait, so that not all clients come back at once.
    timeoutMs: blocking === null ? plainTimeoutMs : Math.ceil((blocking.waitMs * 17) / 16) + 5_000,
    signal,
    consistent,
    retry: false,
  })
  // Servers without a leader answer 200 with whatever they have, which after a restart is nothing.
  if (answer.knownLeader === false) throw untrue(path, 'without knowing a leader')
  if ((answer.lastContactMs ?? 0) > longestSilenceMs)
    throw untrue(path, `from a server that last heard of its leader ${answer.lastContactMs} ms ago`)
  if (answer.index === null && answer.body === null)
    throw new QuaysideError(
      'CONSUL_REFUSED',
      `The answer to ${path} isn't one of Consul's data. Check that the address leads to Consul itself.`,
    )
  // With a filter of our own there may be nothing for another reason.
  if (answer.filtered && query.filter === undefined && isNothing(answer.body)) throw unreadable(path)
  const index = Number.isSafeInteger(answer.index) ? Math.max(1, answer.index ?? 1) : null
  const textDigest = typeof answer.text === 'string' ? sha256(answer.text) : null
  return { index, textDigest, body: () => answer.body }
}

/**
 * How long to wait after this failure, the `failures`th since a success. A refused token doesn't heal by asking: it is an alarm, and
 * the pause keeps it from becoming a storm.
 */
export function retryPause(error: unknown, failures: number, random: () => number): number {
  const denied = error instanceof QuaysideError && error.code === 'CONSUL_DENIED'
  return denied ? deniedPauseMs : backoffMs(failures, random)
}

/** For answers that are empty because the token may not read what is there. */
export function unreadable(path: string): QuaysideError {
  return new QuaysideError(
    'CONSUL_DENIED',
    `Consul answered ${path} with nothing, because the token may read nothing of it. Check its policies.`,
  )
}

function isNothing(body: unknown): boolean {
  return body === null || (typeof body === 'object' && Object.keys(body).length === 0)
}

function untrue(path: string, how: string): QuaysideError {
  return new QuaysideError('CONSUL_OVERLOADED', `Consul answered ${path} ${how}.`)
}
