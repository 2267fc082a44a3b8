import { type Follower, healthOf, type WatchContext } from './watch-context.ts'

/** Follows each service with a blocking query of its own: the fastest way, as long as there are connections for it. */
export function followEach(context: WatchContext): Follower {
  const watches = new Map<string, { readonly end: AbortController; readonly ended: Promise<void> }>()

  function start(name: string): void {
    const end = new AbortController()
    const ended = context.watch(healthOf(name), {
      parse: (body) => context.parse(body, name),
      onData: (data) => {
        if (!end.signal.aborted) context.keep(data)
      },
      // While a name isn't listed, Consul wakes its empty watch on every change of anything: wait for the list instead.
      parked: () =>
        context.held(name)?.instances.length === 0 ? context.listed.untilListed(name, end.signal) : null,
      signal: end.signal,
    })
    watches.set(name, { end, ended })
  }

  function end(name: string): Promise<void> {
    const found = watches.get(name)
    watches.delete(name)
    found?.end.abort()
    return found?.ended ?? Promise.resolve()
  }

  return {
    follow: (names) => {
      for (const name of [...watches.keys()]) if (!names.has(name)) void end(name)
      for (const name of names) if (!watches.has(name)) start(name)
    },
    onNames: (_differing, { anew }) => {
      if (!anew) return
      // Consul is back, while what failed with it may be waiting for half a minute yet.
      for (const name of [...watches.keys()].filter((name) => context.isFailing(healthOf(name)))) {
        void end(name)
        start(name)
      }
    },
    stop: async () => void (await Promise.all([...watches.keys()].map(end))),
  }
}
