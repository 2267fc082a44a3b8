import type { Registered, TaskEvent } from './timeline.ts'

export type TaskMemory = {
  note(event: TaskEvent): void
  /** The event of a task that has just entered a phase; null if it was in it already, or the event was never heard of. */
  enters(registered: Registered): TaskEvent | null
}

/** What ECS said of each task, version by version, and the phase that each is known to be in. */
export function createTaskMemory(): TaskMemory {
  const events = new Map<string, Map<number, TaskEvent>>()
  const phases = new Map<string, Registered['phase']>()
  return {
    note(event) {
      const known = events.get(event.taskArn) ?? new Map<number, TaskEvent>()
      // A later event may name no ports any more; the addresses that the task had are what nginx still knows.
      const servers = event.servers.length > 0 ? event.servers : ([...known.values()].at(-1)?.servers ?? [])
      events.set(event.taskArn, known.set(event.version, { ...event, servers }))
    },
    enters({ taskArn, version, phase }) {
      const event = events.get(taskArn)?.get(version)
      // STOPPING after a stop was known, or STOPPED after DEPROVISIONING, tells nobody anything new.
      if (event === undefined || phases.get(taskArn) === phase) return null
      phases.set(taskArn, phase)
      return event
    },
  }
}
