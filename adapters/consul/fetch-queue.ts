import { pause } from '../pause.ts'
import { retryPause } from './watch-read.ts'

/** Fetches by name, a few at a time, those that are known to differ first. */
export type FetchQueue = {
  /** Fetched before everything else. One that is being fetched now is fetched once more, since the answer may be older than the news. */
  readonly soon: (names: Iterable<string>) => void
  readonly later: (names: Iterable<string>) => void
  readonly forget: (name: string) => void
  /** Resolves when nothing is being fetched any more; only after the signal aborted. */
  readonly ended: () => Promise<void>
}

export type FetchQueueOptions = {
  readonly workers: number
  readonly fetch: (name: string) => Promise<void>
  readonly onFailure: (name: string, error: unknown) => void
  readonly random: () => number
  readonly signal: AbortSignal
}

/** What fails is tried again, each name by itself, later and later. */
export function createFetchQueue({
  workers,
  fetch,
  onFailure,
  random,
  signal,
}: FetchQueueOptions): FetchQueue {
  const first = new Set<string>()
  const rest = new Set<string>()
  const running = new Map<string, Promise<void>>()
  const failures = new Map<string, number>()

  function next(): string | undefined {
    for (const names of [first, rest])
      for (const name of names) {
        // Two answers for one name could come in the wrong order.
        if (running.has(name)) continue
        names.delete(name)
        return name
      }
    return undefined
  }

  function fill(): void {
    while (running.size < workers && !signal.aborted) {
      const name = next()
      if (name === undefined) return
      const run = attempt(name).finally(() => {
        running.delete(name)
        fill()
      })
      running.set(name, run)
    }
  }

  async function attempt(name: string): Promise<void> {
    try {
      await fetch(name)
      failures.delete(name)
    } catch (error) {
      if (signal.aborted) return
      const count = failures.get(name) ?? 0
      failures.set(name, count + 1)
      onFailure(name, error)
      void pause(retryPause(error, count, random), signal).then(() => {
        if (failures.has(name)) soon([name])
      })
    }
  }

  function soon(names: Iterable<string>): void {
    for (const name of names) {
      rest.delete(name)
      first.add(name)
    }
    fill()
  }

  return {
    soon,
    later: (names) => {
      for (const name of names) if (!first.has(name)) rest.add(name)
      fill()
    },
    forget: (name) => {
      for (const names of [first, rest, failures]) names.delete(name)
    },
    ended: async () => void (await Promise.all(running.values())),
  }
}
