import { setTimeout as delay } from 'node:timers/promises'
import { QuaysideError } from '../../core/errors.ts'
import { answers503, answersFrom, noAnswersFrom, probeUntil } from './probe.ts'
import type { Stage, StageTask } from './stage.ts'

export type Step = { readonly name: string; run(stage: Stage): Promise<Seen> }

/** When ECS said it and when the last host showed it, in Unix milliseconds. */
export type Seen = { readonly eventAt: number; readonly servingAt: number }

/** Long enough that an instance still in turn on a worker of an nginx with a few instances would have answered. */
const silenceSpan = 24

/** The walk-through: everything that a service goes through in its life, each seen through nginx on every host. */
export const demoSteps: readonly Step[] = [
  { name: 'three instances answer in turn', run: (stage) => joins(stage, 3) },
  { name: 'a fourth starts and joins', run: (stage) => joins(stage, 4) },
  { name: 'one is stopped and leaves', run: (stage) => leaves(stage, 3) },
  { name: 'a rolling deployment replaces all', run: replaces },
  { name: 'all are stopped and the route answers 503', run: empties },
  { name: 'they come back', run: (stage) => joins(stage, 3) },
]

async function joins(stage: Stage, count: number): Promise<Seen> {
  const before = new Set(wanted(stage).map(({ taskId }) => taskId))
  await stage.scale(count)
  const added = (await until('enough tasks', () => atLeast(count, wanted(stage)))).filter(
    ({ taskId }) => !before.has(taskId),
  )
  const eventAt = await latest(added.map(({ taskId }) => stage.eventOf(taskId, 'RUNNING')))
  const seen = stage.targets.flatMap((target) =>
    added.map(({ taskId, node }) => probeUntil(target, `an answer from ${node}`, answersFrom(taskId), 1)),
  )
  return { eventAt, servingAt: await latest(seen) }
}

async function leaves(stage: Stage, count: number): Promise<Seen> {
  const before = wanted(stage)
  await stage.scale(count)
  const stopped = await until('a task to be stopped', () => atLeast(1, stoppedOf(stage, before)))
  return silent(stage, stopped)
}

async function replaces(stage: Stage): Promise<Seen> {
  const before = wanted(stage)
  await stage.deploy()
  const stopped = await until('all old tasks to be stopped', () =>
    atLeast(before.length, stoppedOf(stage, before)),
  )
  return silent(stage, stopped)
}

/** The tasks take no more traffic anywhere, and Consul doesn't call them passing any more. */
async function silent(stage: Stage, tasks: readonly StageTask[]): Promise<Seen> {
  const ids = tasks.map(({ taskId }) => taskId)
  const eventAt = await latest(ids.map((id) => stage.eventOf(id, 'stopping')))
  const nodes = tasks.map(({ node }) => node).join(', ')
  const seen = stage.targets.map((target) =>
    probeUntil(target, `no answer from ${nodes}`, noAnswersFrom(ids, silenceSpan), silenceSpan),
  )
  const servingAt = await latest(seen)
  const passing = await stage.passing()
  const left = ids.filter((id) => passing.includes(id))
  if (left.length > 0) throw failed(`Consul still calls ${left.join(', ')} passing`)
  return { eventAt, servingAt }
}

async function empties(stage: Stage): Promise<Seen> {
  const before = wanted(stage)
  await stage.scale(0)
  const eventAt = await latest(before.map(({ taskId }) => stage.eventOf(taskId, 'STOPPED')))
  const seen = stage.targets.map((target) => probeUntil(target, '503 with Retry-After', answers503, 1))
  return { eventAt, servingAt: await latest(seen) }
}

function wanted(stage: Stage): readonly StageTask[] {
  return stage.tasks().filter(({ desiredStatus }) => desiredStatus === 'RUNNING')
}

function stoppedOf(stage: Stage, before: readonly StageTask[]): readonly StageTask[] {
  const running = new Set(wanted(stage).map(({ taskId }) => taskId))
  return before.filter(({ taskId }) => !running.has(taskId))
}

function atLeast<Item>(count: number, items: readonly Item[]): readonly Item[] | null {
  return items.length >= count ? items : null
}

async function latest(times: readonly Promise<number>[]): Promise<number> {
  return Math.max(...(await Promise.all(times)))
}

async function until<Value>(what: string, look: () => Value | null, limitMs = 60_000): Promise<Value> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const value = look()
    if (value !== null) return value
    if (Date.now() > deadline) throw failed(`waited ${limitMs} ms for ${what}`)
    await delay(5)
  }
}

function failed(why: string): QuaysideError {
  return new QuaysideError('HOST_CONFIRM_FAILED', why)
}
