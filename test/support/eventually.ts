import { setTimeout as delay } from 'node:timers/promises'

/**
 * Waits until `probe` gives a value other than undefined or false; fails naming `what` when 10 s have passed.
 */
export async function eventually<Value>(
  what: string,
  probe: () => Value | Promise<Value>,
  timeoutMs = 10_000,
): Promise<Exclude<Value, undefined | false>> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const value = await probe()
    if (value !== undefined && value !== false) return value as Exclude<Value, undefined | false>
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${timeoutMs} ms`)
    await delay(10)
  }
}
