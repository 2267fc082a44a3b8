import fc from 'fast-check'
import type { Invocation, Step } from './steps.ts'

/** Short histories of what goes wrong in practice; the worlds weave anything else between their steps. */
const all: Extract<Invocation, { readonly of: 'register' }> = {
  of: 'register',
  messages: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  trouble: null,
}
const pass: Step = { do: 'run', runs: [{ of: 'reconcile', trouble: null }], order: [], meanwhile: null }
const deliver: Step = { do: 'run', runs: [all], order: [], meanwhile: null }
const dropAll: readonly Step[] = Array.from({ length: 8 }, () => ({ do: 'drop', message: 0 }))

function wait(seconds: number): Step {
  return { do: 'wait', seconds }
}

/** Delivers the messages of these numbers only, counted from the oldest. */
function deliverOnly(...messages: number[]): Step {
  return { do: 'run', runs: [{ ...all, messages }], order: [], meanwhile: null }
}

const onFargate = [1, 3] as const
const onHosts = [0, 2, 4] as const

const started = fc.record({
  do: fc.constant('start' as const),
  kind: fc.nat(4),
  host: fc.constant(0),
  by: fc.constant(2),
})
const startedOnHost = fc.record({
  do: fc.constant('start' as const),
  kind: fc.constantFrom(...onHosts),
  host: fc.constant(0),
  by: fc.constant(2),
})
const startedChecked = fc.record({
  do: fc.constant('start' as const),
  kind: fc.constantFrom(...onFargate),
  host: fc.constant(0),
  by: fc.constant(2),
})

/** Of a task that starts three messages tell before it runs; what follows is its stop. */
const stopped: readonly Step[] = [{ do: 'stop', task: 0, by: 4 }, deliverOnly(3, 4, 5, 6, 7, 8)]
const change = (container: number, bindings: number): Step => ({
  do: 'container',
  task: 0,
  container,
  bindings,
})
const health = (to: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN'): Step => ({ do: 'health', task: 0, to })
const racing: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('run' as const),
  runs: fc.constant([
    { ...all, messages: [0] },
    { ...all, messages: [1] },
    { ...all, messages: [2] },
  ]),
  order: fc.array(fc.nat(2), { minLength: 6, maxLength: 12 }),
  meanwhile: fc.constant(null),
})
/** Two reads of one task's health, which changes between them. */
const racingReads: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('run' as const),
  runs: fc.constant([
    { ...all, messages: [0] },
    { ...all, messages: [0] },
  ]),
  // The first one reads; the second one reads and writes; then the first one goes on.
  order: fc.oneof(
    fc.constant([0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
    fc.array(fc.nat(1), { minLength: 6, maxLength: 12 }),
  ),
  meanwhile: fc.record({
    turn: fc.integer({ min: 1, max: 3 }),
    step: fc.constant({ do: 'health' as const, task: 0, to: 'UNHEALTHY' as const }),
  }),
})

type Theme = { readonly start: fc.Arbitrary<Step>; readonly steps: readonly (Step | fc.Arbitrary<Step>)[] }

/** Those that events alone must get right. */
export const orderThemes: readonly Theme[] = [
  { start: started, steps: [deliver, change(0, 0), change(0, 1), change(0, 0), racing, racing] },
  { start: started, steps: [change(0, 0), deliverOnly(3), deliver] },
  { start: started, steps: [...stopped, deliver] },
]

export const lossThemes: readonly Theme[] = [
  // An event that comes after the day on which its tombstone was cleared away, or so soon that it is believed.
  { start: started, steps: [...stopped, wait(90_000), pass, deliver] },
  { start: started, steps: [...stopped, pass, deliver] },
  {
    start: started,
    steps: [{ do: 'stop', task: 0, by: 4 }, ...dropAll.map(() => dropLate()), wait(400), deliver],
  },
  // Stops of which nobody ever tells.
  { start: started, steps: [deliver, { do: 'stop', task: 0, by: 4 }, ...dropAll, { do: 'forget', task: 0 }] },
  {
    start: started,
    steps: [
      deliver,
      { do: 'meddle', how: 'delete-ledger', pick: 0 },
      { do: 'stop', task: 0, by: 4 },
      ...dropAll,
    ],
  },
  // ECS that finds nothing, or not this one.
  { start: started, steps: [deliver, { do: 'blind', seconds: 1_500 }, pass, wait(61), pass] },
  { start: started, steps: [deliver, { do: 'hide', task: 0, long: true }, pass, wait(61), pass] },
  {
    start: started,
    steps: [
      deliver,
      { do: 'hide', task: 0, long: false },
      pass,
      wait(61),
      pass,
      { do: 'hide', task: 0, long: false },
      pass,
    ],
  },
  // Hosts that are lost and come back, with and without their events.
  { start: startedOnHost, steps: [deliver, lost(), deliver, back(), ...dropAll] },
  { start: startedOnHost, steps: [deliver, lost(), deliver, back(), deliver] },
  { start: startedOnHost, steps: [deliver, lost(), back(), deliverOnly(2), deliver] },
  // Health, which no event tells.
  { start: startedChecked, steps: [deliver, health('HEALTHY'), pass, health('UNKNOWN'), pass] },
  {
    start: startedChecked,
    steps: [deliver, health('HEALTHY'), pass, change(0, 1), change(0, 1), deliverOnly(1, 2)],
  },
  {
    start: startedChecked,
    steps: [deliver, health('HEALTHY'), { do: 'duplicate', message: 0 }, wait(6), racingReads],
  },
  // A read that is behind what an event has told already.
  { start: started, steps: [deliver, change(0, 1), deliver, { do: 'stale', task: 0 }, pass] },
]

function dropLate(): Step {
  return { do: 'drop', message: 3 }
}

function lost(): Step {
  return { do: 'host', host: 0, to: 'lost' }
}

function back(): Step {
  return { do: 'host', host: 0, to: 'back' }
}

/** The theme's steps in their order, with up to two others before each of them. */
export function woven({ start, steps }: Theme, others: fc.Arbitrary<Step>): fc.Arbitrary<readonly Step[]> {
  const parts = [start, ...steps.map((step) => ('do' in step ? fc.constant(step) : step))]
  const noise = fc.array(others, { maxLength: 2, size: 'max' })
  const quiet = fc.constant<Step[]>([])
  return fc
    .tuple(
      fc.array(fc.oneof({ arbitrary: quiet, weight: 3 }, { arbitrary: noise, weight: 1 }), {
        minLength: parts.length,
        maxLength: parts.length,
      }),
      fc.tuple(...parts),
    )
    .map(([between, steps]) =>
      steps.flatMap((step, index) => [...(index === 0 ? [] : (between[index] ?? [])), step]),
    )
}
