import { setTimeout as sleep } from 'node:timers/promises'
import type { Child } from './child.ts'
import { describeExit } from './child.ts'

export interface WaitOptions {
  readonly what: string
  readonly timeoutMs?: number
  readonly everyMs?: number
}

/**
 * Asks `ready` again and again until it answers with a value. Fails at once, with the child's last words, when the child has ended,
 * and when the time is over. An error thrown by `ready` means "not yet"; the last one is the failure's cause.
 */
export async function waitUntilReady<T>(
  child: Child,
  ready: () => Promise<T | undefined> | T | undefined,
  { what, timeoutMs = 20_000, everyMs = 20 }: WaitOptions,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  let cause: unknown
  while (Date.now() < deadline) {
    if (child.exit() !== undefined) {
      await child.exited
      throw new Error(`${what} did not come: ${describeExit(child)}`)
    }
    try {
      const value = await ready()
      if (value !== undefined) return value
      cause = undefined
    } catch (error) {
      cause = error
    }
    await sleep(everyMs)
  }
  throw new Error(`${what} did not come within ${timeoutMs / 1000} s: ${describeExit(child)}`, { cause })
}
