import fc from 'fast-check'
import { t0 } from '../guard.ts'
import { type Fleet, openFleet, type Store } from './fleet.ts'
import { type Onlooker, openOnlooker } from './onlooker.ts'
import { assertLook, assertResumed, type Served } from './oracle.ts'
import { type Fault, openView, services, type View } from './view.ts'

/** What ECS does, what happens to Consul, and what time does. `who` counts round what there is. */
export type Step =
  | { readonly do: 'start'; readonly service: 'api' | 'web' }
  | { readonly do: 'drain' | 'stop' | 'sicken' | 'heal'; readonly who: number }
  | { readonly do: 'drain most' | 'stop all' | 'reconcile' | 'mend' | 'take over' }
  | { readonly do: 'foreign'; readonly who: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'break'; readonly what: string; readonly fault: Fault }
  | { readonly do: 'lose'; readonly which: number }
  | { readonly do: 'wipe' | 'save' | 'restore' | 'away' | 'back' }

export const anyAccidents: fc.Arbitrary<readonly Step[]> = fc.array(anyStep(), {
  minLength: 5,
  maxLength: 40,
  size: 'max',
})

function anyStep(): fc.Arbitrary<Step> {
  const who = fc.nat(11)
  const of = <Name extends string>(...names: readonly Name[]) => fc.constantFrom(...names)
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: of('start'), service: of('api', 'web') }) },
    { weight: 5, arbitrary: fc.record({ do: of('drain', 'stop', 'sicken', 'heal'), who }) },
    { weight: 1, arbitrary: fc.record({ do: of('foreign'), who: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ do: of('drain most', 'stop all', 'take over') }) },
    { weight: 3, arbitrary: fc.record({ do: of('reconcile', 'mend') }) },
    {
      weight: 5,
      arbitrary: fc.record({ do: of('pass'), ms: fc.constantFrom(250, 5_001, 61_000, 660_000, 90_000_000) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: of('break'),
        what: of(...services, 'names', 'ledger'),
        fault: of<Fault>('none', 'stale', 'empty', 'failing'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: of('lose'), which: fc.integer({ min: 1, max: 63 }) }) },
    { weight: 3, arbitrary: fc.record({ do: of('wipe', 'save', 'restore', 'restore', 'away', 'back') }) },
  )
}

type Stage = {
  readonly fleet: Fleet
  readonly view: View
  readonly onlooker: Onlooker
  readonly foreign: Set<string>
  saved: Store | null
  now: number
  served: Served
}

const addresses = [1, 2, 3, 4, 5, 6].map((n) => `10.0.0.${n}`)

/** Plays what happens, looking after every step, and asserts all that must hold; then all is mended and must be as it was. */
export function playAccidents(steps: readonly Step[]): void {
  const fleet = openFleet(addresses)
  const view = openView(fleet.store)
  const stage: Stage = {
    ...{ fleet, view, onlooker: openOnlooker(view), foreign: new Set<string>() },
    ...{ saved: null, now: t0, served: new Set() },
  }
  fleet.reconcile(t0)
  for (const service of ['api', 'web', 'web']) fleet.start(service)
  for (const n of [1, 2, 3]) toggle(stage, `f${n}`)
  look(stage)
  for (const step of steps) {
    take(stage, step)
    stage.now += 100
    look(stage)
  }
  mend(stage)
  end(stage)
}

function look(stage: Stage): void {
  const seen = stage.onlooker.look(stage.now)
  stage.served = assertLook(stage.fleet, stage.view, seen, stage.served)
}

function take(stage: Stage, step: Step): void {
  const { fleet, view } = stage
  const there = fleet.tasks.filter(({ phase }) => phase !== 'gone')
  const task = 'who' in step ? there[step.who % Math.max(1, there.length)] : undefined
  switch (step.do) {
    case 'start':
      fleet.start(step.service)
      return
    case 'drain':
    case 'stop':
      if (task !== undefined) fleet.change(task, { phase: step.do === 'stop' ? 'gone' : 'draining' })
      return
    case 'sicken':
    case 'heal':
      if (task?.phase === 'running') fleet.change(task, { healthy: step.do === 'heal' })
      return
    case 'drain most':
      for (const one of there.slice(0, Math.ceil(0.6 * there.length)))
        fleet.change(one, { phase: 'draining' })
      return
    case 'stop all':
      for (const one of there) fleet.change(one, { phase: 'gone' })
      return
    case 'foreign':
      toggle(stage, `f${step.who + 1}`)
      return
    case 'pass':
      stage.now += step.ms
      return
    case 'take over':
      stage.onlooker.replace()
      return
    case 'reconcile':
      fleet.reconcile(stage.now)
      return
    case 'mend':
      mend(stage)
      return
    case 'break':
      view.break(step.what, step.fault)
      return
    case 'lose':
      fleet.lose(({ address }) => ((1 << Number(address.at(-1))) & (step.which << 1)) !== 0)
      return
    default:
      happen(stage, step.do)
  }
}

function happen(stage: Stage, what: 'wipe' | 'save' | 'restore' | 'away' | 'back'): void {
  const { fleet, view } = stage
  if (what === 'wipe') fleet.replace(null)
  if (what === 'save') stage.saved = fleet.store()
  if (what === 'restore' && stage.saved !== null) fleet.replace(stage.saved)
  if (what === 'away') {
    fleet.setAway(true)
    breakAll(view, 'failing')
  }
  if (what === 'back') mend(stage)
}

function mend({ fleet, view }: Stage): void {
  fleet.setAway(false)
  breakAll(view, 'none')
}

function breakAll(view: View, fault: Fault): void {
  for (const what of [...services, 'names', 'ledger']) view.break(what, fault)
}

/** Others deregister only what they registered, and know nothing of what Consul lost. */
function toggle({ fleet, foreign }: Stage, id: string): void {
  if (foreign.has(id)) foreign.delete(id)
  else foreign.add(id)
  fleet.foreign(id, foreign.has(id))
}

function end(stage: Stage): void {
  const { fleet, foreign } = stage
  for (const task of fleet.tasks) if (task.phase === 'draining') fleet.change(task, { phase: 'gone' })
  for (const id of ['f1', 'f2', 'f3']) fleet.foreign(id, foreign.has(id))
  for (let pass = 0; pass < 3; pass += 1) {
    look(stage)
    stage.now += 10_000
    fleet.reconcile(stage.now)
    stage.now += 60_000
  }
  look(stage)
  assertResumed(fleet, foreign, stage.onlooker.look(stage.now))
}
