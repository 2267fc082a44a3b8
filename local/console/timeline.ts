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

/**
 * Joins what the parts of the pipeline say into one record per change of a task, and hands it over once every host serves
 * it, or at once where nothing was left to publish. Parts speak of different things (task, address, generation); the
 * addresses in the task's own event tie them together.
 */
export function createTimeline(hosts: readonly string[], onComplete: (change: Change) => void): Timeline {
  const events = new Map<string, Map<number, TaskEvent>>()
  const phases = new Map<string, Registered['phase']>()
  const open = new Map<string, Change>()
  const serving = new Set<string>()
  let lastPublishedAt: number | null = null

  function complete(taskArn: string, change: Change): void {
    open.delete(taskArn)
    onComplete(change)
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
      // STOPPING after STOPPED-to-be, or STOPPED after DEPROVISIONING, tells nobody anything new.
      if (event === undefined || phases.get(taskArn) === phase) return
      phases.set(taskArn, phase)
      const earlier = open.get(taskArn)
      // ECS overtook the publisher: one publication will carry both, so the earlier change has nothing of its own to wait for.
      if (earlier !== undefined && earlier.publishedAt === null) complete(taskArn, earlier)
      const change: Change = {
        event,
        phase,
        registeredAt: at,
        publishedAt: null,
        generation: null,
        liveAt: {},
      }
      const isOut = !event.servers.some((server) => serving.has(server))
      if (phase !== 'live' && isOut) onComplete(change)
      else open.set(taskArn, change)
    },
    published({ generation, joined, left, at }) {
      lastPublishedAt = at
      for (const server of joined) serving.add(server)
      for (const server of left) serving.delete(server)
      const touched = new Set([...joined, ...left])
      for (const [taskArn, change] of open) {
        if (change.publishedAt !== null || !change.event.servers.some((server) => touched.has(server)))
          continue
        open.set(taskArn, { ...change, publishedAt: at, generation })
      }
    },
    hostLive({ host, generation, at }) {
      for (const [taskArn, change] of open) {
        if (change.generation === null || change.generation > generation || host in change.liveAt) continue
        const next = { ...change, liveAt: { ...change.liveAt, [host]: at } }
        open.set(taskArn, next)
        if (hosts.every((name) => name in next.liveAt)) complete(taskArn, next)
      }
    },
    open: () => [...open.values()],
    lastPublishedAt: () => lastPublishedAt,
  }
}
