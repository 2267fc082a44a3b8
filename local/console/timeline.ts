import { createReleaseMemory } from './release-memory.ts'
import { createTaskMemory } from './task-memory.ts'

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
 * addresses in the task's own event tie them together. Parts may be heard in any order: at rest a change is often published
 * before the registrar has reported its whole batch.
 */
export function createTimeline(hosts: readonly string[], onComplete: (change: Change) => void): Timeline {
  const tasks = createTaskMemory()
  const releases = createReleaseMemory(hosts)
  const open = new Map<string, Change>()

  function settle(taskArn: string, change: Change): void {
    const isWhole = change.publishedAt !== null && hosts.every((host) => host in change.liveAt)
    if (!isWhole) return void open.set(taskArn, change)
    open.delete(taskArn)
    onComplete(change)
  }

  return {
    taskEvent: tasks.note,
    registered(registered) {
      const event = tasks.enters(registered)
      if (event === null) return
      const { taskArn, phase, at } = registered
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
      const publication = releases.publicationOf(change)
      if (publication !== undefined && publication.at >= event.at)
        settle(taskArn, releases.publish(change, publication))
      else if (phase !== 'live' && !releases.serves(event)) onComplete(change)
      else open.set(taskArn, change)
    },
    published(published) {
      releases.published(published)
      for (const [taskArn, change] of [...open]) {
        const publication = change.publishedAt === null ? releases.publicationOf(change) : undefined
        if (publication?.generation === published.generation)
          settle(taskArn, releases.publish(change, publication))
      }
    },
    hostLive(live) {
      releases.live(live)
      for (const [taskArn, change] of [...open]) {
        if (change.generation === null || change.generation > live.generation || live.host in change.liveAt)
          continue
        settle(taskArn, { ...change, liveAt: { ...change.liveAt, [live.host]: live.at } })
      }
    },
    open: () => [...open.values()],
    lastPublishedAt: releases.lastPublishedAt,
  }
}
