import type { Change, HostLive, Published, TaskEvent } from './timeline.ts'

/** The latest publication that changed a server: it joined or left. */
export type Publication = { readonly generation: number; readonly at: number; readonly serves: boolean }

export type ReleaseMemory = {
  published(published: Published): void
  live(live: HostLive): void
  /** What nginx was last told of the change's servers, if that fits its phase. */
  publicationOf(change: Change): Publication | undefined
  /** The change with that publication, and with every host that is known to have it in force. */
  publish(change: Change, publication: Publication): Change
  /** Whether nginx was last told that the task serves. */
  serves(event: TaskEvent): boolean
  lastPublishedAt(): number | null
}

/** How many releases of a host are remembered, for changes that are heard of late. */
const remembered = 20

/** Which release changed which server, and which releases came into force on which host when. */
export function createReleaseMemory(hosts: readonly string[]): ReleaseMemory {
  const publications = new Map<string, Publication>()
  const inForce = new Map<string, readonly HostLive[]>()
  let lastPublishedAt: number | null = null
  return {
    published({ generation, joined, left, at }) {
      lastPublishedAt = at
      for (const server of left) publications.set(server, { generation, at, serves: false })
      for (const server of joined) publications.set(server, { generation, at, serves: true })
    },
    live: (live) => void inForce.set(live.host, [...(inForce.get(live.host) ?? []).slice(-remembered), live]),
    publicationOf({ event, phase }) {
      const known = event.servers.flatMap((server) => publications.get(server) ?? [])
      return known.find(({ serves }) => serves === (phase === 'live'))
    },
    publish(change, { generation, at }) {
      const reached = hosts.flatMap((host) => {
        const first = inForce.get(host)?.find((one) => one.generation >= generation)
        return first === undefined ? [] : [[host, first.at] as const]
      })
      return { ...change, publishedAt: at, generation, liveAt: Object.fromEntries(reached) }
    },
    serves: ({ servers }) => servers.some((server) => publications.get(server)?.serves === true),
    lastPublishedAt: () => lastPublishedAt,
  }
}
