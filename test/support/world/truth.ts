import { kinds } from './kinds.ts'
import { isLive } from './oracle.ts'
import type { SimEcs } from './sim-ecs.ts'
import type { SimTask } from './sim-task.ts'
import type { TruthStep } from './steps.ts'

/** What happens in ECS itself. */
export function act(sim: SimEcs, step: TruthStep, now: number): void {
  if (step.do === 'start') begin(sim, step.kind, step.host, 1, step.by)
  else if (step.do === 'deploy') deploy(sim, step.kind, step.host)
  else if (step.do === 'host') turnHost(sim, step.host, step.to)
  else if (step.do === 'blind') blind(sim, now, step.seconds)
  else onTask(sim, step, now)
}

function blind(sim: SimEcs, now: number, seconds: number): void {
  sim.blind.until = Math.max(sim.blind.until, now + seconds * 1_000)
  if (seconds >= 30) sim.blind.long = true
}

function onTask(sim: SimEcs, step: Extract<TruthStep, { readonly task: number }>, now: number): void {
  const known = sim.tasks.filter((one) => !one.forgotten && !one.anchor)
  const task = known[step.task % Math.max(1, known.length)]
  if (task === undefined) return
  if (step.do === 'advance') repeat(step.by, () => sim.advance(task))
  if (step.do === 'stop') {
    sim.stop(task)
    repeat(step.by, () => sim.advance(task))
  }
  if (step.do === 'container') turnContainer(sim, task, step.container, step.bindings)
  if (step.do === 'health') turnHealth(task, step.to)
  if (step.do === 'forget') sim.forget(task)
  if (step.do === 'stale') task.isStale = true
  if (step.do === 'hide') hide(task, step.long, now)
}

/**
 * A task that lives is missing from reads for 20 s at most, and not again before it was seen: two looks 30 s apart can't both miss it.
 * ECS breaks this only where it is broken itself (`long`); then the task may be lost, but has to come back.
 */
function hide(task: SimTask, long: boolean, now: number): void {
  if (!task.wasSeen) return
  task.wasSeen = false
  task.wasHiddenLong ||= long
  task.hiddenUntil = Math.max(task.hiddenUntil, now + (long ? 1_500_000 : 20_000))
}

export function begin(sim: SimEcs, kind: number, host: number, revision: number, by: number): void {
  const count = sim.tasks.length
  sim.start(kind, host, revision)
  const task = sim.tasks[count]
  if (task !== undefined) repeat(by, () => sim.advance(task))
}

/** A rolling deployment's step: one new task comes up, the oldest one is told to stop. */
function deploy(sim: SimEcs, kind: number, host: number): void {
  const old = sim.tasks.find((task) => task.kind === kinds[kind] && isLive(task) && !task.anchor)
  begin(sim, kind, host, (old?.revision ?? 0) + 1, 2)
  if (old !== undefined) sim.stop(old)
}

function turnContainer(sim: SimEcs, task: SimTask, index: number, bindings: number): void {
  const names = [...task.containers.keys()]
  const name = names[index % names.length]
  if (name === undefined || !isLive(task)) return
  sim.change(task, () => {
    task.containers.set(name, task.containers.get(name) === 'RUNNING' ? 'STOPPED' : 'RUNNING')
    task.bindings = 1 + bindings
    task.fewestBindings = Math.min(task.fewestBindings, task.bindings)
  })
}

function turnHealth(task: SimTask, to: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN'): void {
  for (const name of task.health.keys()) {
    task.health.set(name, to)
    if (to !== 'UNKNOWN') task.verdicts.add(name)
  }
}

function turnHost(sim: SimEcs, host: number, to: 'lost' | 'given-up' | 'back'): void {
  if (to === 'lost') sim.loseHost(host)
  else if (to === 'given-up') sim.giveUp(host)
  else sim.returnHost(host)
}

function repeat(times: number, what: () => void): void {
  for (let time = 0; time < times; time++) what()
}
