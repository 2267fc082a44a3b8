import type { WatchClient } from './watch-read.ts'

/** The same client with at most so many requests at a time; the others wait their turn. */
export function createGate(client: WatchClient, most: number): WatchClient {
  const waiting: (() => void)[] = []
  let running = 0

  async function enter(): Promise<void> {
    if (running < most) {
      running += 1
      return
    }
    // Whoever leaves hands its place over, so that nobody slips in between.
    await new Promise<void>((resolve) => waiting.push(resolve))
  }

  function leave(): void {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }

  return {
    request: async (request) => {
      await enter()
      try {
        return await client.request(request)
      } finally {
        leave()
      }
    },
  }
}
