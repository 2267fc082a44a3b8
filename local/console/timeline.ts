/** What ECS said of one task, as far as the timeline needs it. Times are Unix milliseconds throughout. */
export type TaskEvent = {
  readonly taskArn: string
  readonly name: string
  readonly status: string
  readonly version: number
  readonly at: number
  /** `address:port` of everything that the task serves. */
  readonly servers: readonly string[]
}

export type Registered = {
  readonly taskArn: string
  readonly version: number
  readonly phase: 'live' | 'draining' | 'gone'
  readonly at: number
}

export type Published = {
  readonly generation: number
  readonly releaseId: string
  readonly joined: readonly string[]
  readonly left: readonly string[]
  readonly at: number
}

export type HostLive = { readonly host: string; readonly generation: number; readonly at: number }

/** One task's change on its whole way. `null` is a leg that was not needed, or has not happened yet. */
export type Change = {
  readonly event: TaskEvent
  readonly phase: Registered['phase']
  readonly registeredAt: number
  readonly publishedAt: number | null
  readonly generation: number | null
  readonly liveAt: Readonly<Record<string, number>>
}

export type Timeline = {
  taskEvent(event: TaskEvent): void
  registered(registered: Registered): void
  published(published: Published): void
  hostLive(live: HostLive): void
  /** Changes that are registered but not yet on every host. */
  open(): readonly Change[]
  lastPublishedAt(): number | null
}

/** The latest publication that changed a server: it joined or left. */
type Publication = { readonly generation: number; readonly at: number; readonly serves: boolean }

/**
 * Joins what the parts of the pipeline say into one record per change of a task, and hands it over once every host serves
 * it, or at once where nothing was left to publish. Parts speak of different things (task, address, generation); the
 * addresses in the task's own event tie them together. Parts may be heard in any order: at rest a change is often published
 * before the registrar has reported its whole batch.
 */
export function createTimeline(hosts: readonly string[], onComplete: (change: Change) => void): Timeline {
  const events = new Map<string, Map<number, TaskEvent>>()
  const phases = new Map<string, Registered['phase']>()
  const open = new Map<string, Change>()
  const publications = new Map<string, Publication>()
  const live = new Map<string, HostLive[]>()
  let lastPublishedAt: number | null = null

  function settle(taskArn: string, change: Change): void {
    const isWhole = change.publishedAt !== null && hosts.every((host) => host in change.liveAt)
    if (!isWhole) return void open.set(taskArn, change)
    open.delete(taskArn)
    onComplete(change)
  }

  function publish(change: Change, { generation, at }: Pick<Publication, 'generation' | 'at'>): Change {
    const reached = hosts.flatMap((host) => {
      const first = live.get(host)?.find((one) => one.generation >= generation)
      return first === undefined ? [] : [[host, first.at] as const]
    })
    return { ...change, publishedAt: at, generation, liveAt: Object.fromEntries(reached) }
  }

  /** What nginx was last told of the task's servers, if it fits the phase. */
  function publicationOf({ event, phase }: Change): Publication | undefined {
    const known = event.servers.flatMap((server) => publications.get(server) ?? [])
    return known.find(({ serves }) => serves === (phase === 'live'))
  }

  return {
    taskEvent(event) {
      const known = events.get(event.taskArn) ?? new Map<number, TaskEvent>()
      // A later event may name no ports any more; the addresses that the task had are what nginx still knows.
      const servers = event.servers.length > 0 ? event.servers : ([...known.values()].at(-1)?.servers ?? [])
      events.set(event.taskArn, known.set(event.version, { ...event, servers }))
    },
    registered({ taskArn, version, phase, at }) {
      const event = events.get(taskArn)?.get(version)
      // STOPPING after a stop was known, or STOPPED after DEPROVISIONING, tells nobody anything new.
      if (event === undefined || phases.get(taskArn) === phase) return
      phases.set(taskArn, phase)
      const earlier = open.get(taskArn)
      open.delete(taskArn)
      // ECS overtook the publisher: one publication will carry both, so the earlier change has nothing of its own to wait for.
      if (earlier !== undefined) onComplete(earlier)
      const change: Change = {
        event,
        phase,
        registeredAt: at,
        publishedAt: null,
        generation: null,
        liveAt: {},
      }
      const publication = publicationOf(change)
      const isServed = event.servers.some((server) => publications.get(server)?.serves === true)
      if (publication !== undefined && publication.at >= event.at)
        settle(taskArn, publish(change, publication))
      else if (phase !== 'live' && !isServed) onComplete(change)
      else open.set(taskArn, change)
    },
    published({ generation, joined, left, at }) {
      lastPublishedAt = at
      for (const server of left) publications.set(server, { generation, at, serves: false })
      for (const server of joined) publications.set(server, { generation, at, serves: true })
      for (const [taskArn, change] of [...open]) {
        if (change.publishedAt !== null || publicationOf(change)?.generation !== generation) continue
        settle(taskArn, publish(change, { generation, at }))
      }
    },
    hostLive(now) {
      live.set(now.host, [...(live.get(now.host) ?? []).slice(-remembered), now])
      for (const [taskArn, change] of [...open]) {
        if (change.generation === null || change.generation > now.generation || now.host in change.liveAt)
          continue
        settle(taskArn, { ...change, liveAt: { ...change.liveAt, [now.host]: now.at } })
      }
    },
    open: () => [...open.values()],
    lastPublishedAt: () => lastPublishedAt,
  }
}

/** How many releases of a host are remembered, for changes that are heard of late. */
const remembered = 20
