import type { ConsulClient } from '../../adapters/consul/client.ts'
import { catalogOf } from './register.ts'

export type WatchedClient = ConsulClient & {
  /** What the catalog says of the service after each write that was carried out, as `catalogOf` gives it. */
  readonly states: (readonly string[])[]
  /** How many instances pass after each of these writes. */
  readonly passing: () => readonly number[]
}

/** A client that looks at one service after each of its writes, so that nothing between two of them is missed. */
export function watchCommits(client: ConsulClient, service = 'web'): WatchedClient {
  const states: (readonly string[])[] = []
  return {
    states,
    passing: () => states.map((state) => state.filter((line) => / passing /.test(line)).length),
    request: async (asked) => {
      const answer = await client.request(asked)
      if (asked.method !== 'GET' && asked.readOnly !== true) states.push(await catalogOf(client, service))
      return answer
    },
    close: client.close,
  }
}
