import { setTimeout as delay } from 'node:timers/promises'
import type { AwsStandIn } from '../aws-stand-in.ts'
import { eventBody, type FleetTask, type TaskState } from '../fleet.ts'
import { type Summary, summarise } from '../stats.ts'
import type { Lambdas } from './lambdas.ts'
import { drainQueue } from './queue.ts'

/** One event of a storm: which task, and what becomes of it. */
export type StormEvent = { readonly task: FleetTask; readonly state: TaskState }

/** A deployment: every task starts, then the first half (the old ones) drains, and then that half has stopped. */
export function stormOf(fleet: readonly FleetTask[]): readonly StormEvent[] {
  const old = fleet.slice(0, Math.floor(fleet.length / 2))
  return [
    ...fleet.map((task) => ({ task, state: 'running' as const })),
    ...old.map((task) => ({ task, state: 'draining' as const })),
    ...old.map((task) => ({ task, state: 'stopped' as const })),
  ]
}

export type StormResult = {
  readonly ms: number
  readonly waited: Summary | null
  readonly redelivered: number
}

/**
 * Plays events through the handlers. Without a rate all are in the queue at once; with one (events per second) they arrive evenly.
 * `waited` is from an event's arrival in the queue to the commit of its write, queueing and batching included.
 */
export async function playStorm(
  events: readonly StormEvent[],
  lambdas: Lambdas,
  aws: AwsStandIn,
  rate: number | null,
): Promise<StormResult> {
  const arrived = new Map<string, number>()
  const queue = drainQueue(lambdas.handlers)
  const bodies = bodiesOf(events)
  const push = (event: StormEvent) => {
    aws.tasks.set(event.task.id, event)
    arrived.set(`${event.task.arn} ${versions[event.state]}`, Date.now())
    queue.push(bodies.get(event) ?? '')
  }
  const began = performance.now()
  if (rate === null) for (const event of events) push(event)
  else await pace(events, rate, push)
  queue.end()
  await queue.done
  const samples = [...arrived].flatMap(([key, at]) => {
    const committed = lambdas.committed.get(key)
    return committed === undefined ? [] : [committed - at]
  })
  return { ms: performance.now() - began, waited: summarise(samples), redelivered: queue.redelivered() }
}

/** The messages of events. ECS makes them, not we, so they are there before anything is measured. */
export function bodiesOf(events: readonly StormEvent[]): ReadonlyMap<StormEvent, string> {
  return new Map(events.map((event) => [event, eventBody(event.task, event.state, Date.now())]))
}

/** ECS's counters in the events of the fleet. */
const versions: Readonly<Record<TaskState, number>> = { running: 3, draining: 4, stopped: 7 }

async function pace(
  events: readonly StormEvent[],
  rate: number,
  push: (event: StormEvent) => void,
): Promise<void> {
  const began = performance.now()
  for (let sent = 0; sent < events.length; ) {
    const due = Math.min(events.length, Math.ceil(((performance.now() - began) / 1_000) * rate))
    for (const event of events.slice(sent, due)) push(event)
    sent = due
    await delay(1)
  }
}
