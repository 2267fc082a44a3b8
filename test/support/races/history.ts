import assert from 'node:assert/strict'
import fc from 'fast-check'
import { startHost } from './host.ts'
import { pinLayout, previousOrCurrent } from './operator.ts'
import {
  assertGenerationsGrow,
  assertNeverBackwards,
  assertPinHolds,
  assertShows,
  releasesOf,
  type ServiceState,
} from './oracle.ts'
import { keptChannel, type Racer, type RacerOptions, startRacer } from './racer.ts'
import { randomOf } from './turns.ts'
import { openWorld, type World } from './world.ts'

/** What happens while publishers race. `who` counts round all publishers there are. */
export type Step =
  | { readonly do: 'start'; readonly lifeMs: number; readonly skewMs: number }
  | { readonly do: 'change'; readonly service: number; readonly ports: number; readonly method: number }
  | { readonly do: 'back'; readonly service: number }
  | { readonly do: 'pause' | 'resume'; readonly who: number }
  /** It wakes for some turns, and is never heard of again. */
  | { readonly do: 'gasp'; readonly who: number; readonly turns: number }
  | { readonly do: 'run'; readonly turns: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'expire' | 'lose answer' | 'pin' }

export type History = {
  readonly seed: number
  readonly lock: 'works' | 'broken'
  readonly racers: number
  /** Whether all publishers write a second channel too. */
  readonly canary?: boolean
  readonly steps: readonly Step[]
}

const services = ['web', 'api']
const methods = ['least_conn', 'round_robin', 'ip_hash']
const ports = [8001, 8002, 8003]

const start = fc.record({
  do: fc.constant('start' as const),
  lifeMs: fc.constantFrom(8_000, 600_000),
  skewMs: fc.constantFrom(0, 0, -1_500, 2_000),
})
const someone = fc.nat(49)
const change = fc.record({
  do: fc.constant('change' as const),
  service: fc.nat(services.length - 1),
  ports: fc.integer({ min: 1, max: 7 }),
  method: fc.nat(methods.length - 1),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: start },
  { weight: 4, arbitrary: change },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('back' as const), service: fc.nat(services.length - 1) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pause' as const), who: someone }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resume' as const), who: someone }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('gasp' as const),
      who: someone,
      turns: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('run' as const), turns: fc.integer({ min: 1, max: 150 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(250, 1_000, 5_000) }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'expire' }, { do: 'lose answer' }, { do: 'pin' }) },
)

/** Histories with at most so many publishers at the start. */
export function anyHistory(most: number, least = 1): fc.Arbitrary<History> {
  return fc.record({
    seed: fc.nat(),
    lock: fc.constantFrom('works' as const, 'broken' as const),
    racers: fc.integer({ min: least, max: most }),
    steps: fc.array(step, { minLength: 8, maxLength: 50, size: 'max' }),
  })
}

type Stage = {
  readonly world: World
  readonly racers: Racer[]
  /** What each service has been, in order. */
  readonly was: readonly ServiceState[][]
  readonly random: () => number
  readonly canary: boolean
}

/** Plays a history and asserts all that must hold in it. */
export async function playHistory(history: History): Promise<void> {
  const world = openWorld(history.seed, history)
  try {
    await play(
      {
        ...{ world, racers: [], was: services.map(() => []), random: randomOf(history.seed + 1) },
        canary: history.canary === true,
      },
      history,
    )
  } finally {
    await world.close()
  }
}

async function play(stage: Stage, { racers, steps }: History): Promise<void> {
  const { world, was } = stage
  services.forEach((_, service) => {
    show(stage, service, { ports: [8001], method: 'least_conn' })
  })
  const hosts = [startHost(world, 'eager'), startHost(world, 'slow')]
  for (let n = 0; n < racers; n += 1) begin(stage)
  for (const one of steps) await take(stage, one)
  await end(stage)
  const releases = releasesOf(world)
  assertGenerationsGrow(releases)
  assertPinHolds(releases)
  services.forEach((name, service) => {
    const states = was[service] ?? []
    assertNeverBackwards(name, states, releases)
    assertShows(releases.at(-1), name, states.at(-1) ?? { ports: [], method: '' })
  })
  if (stage.canary) assertKept(stage)
  for (const { polls, faults } of hosts) {
    assert.deepEqual(faults, [])
    assert.ok(polls() > 0, 'no host has read anything')
  }
  const broken = stage.racers.map(({ outcome }) => outcome()).filter((one) => one instanceof Error)
  assert.deepEqual(broken, [])
}

/** What nobody promotes doesn't come, but servers do. */
function assertKept({ world, was }: Stage): void {
  const releases = releasesOf(world, keptChannel)
  assertGenerationsGrow(releases)
  const layouts = new Set(releases.map(({ pointer }) => pointer.layout.sha256))
  assert.equal(layouts.size, 1, 'a layout came that nobody promoted')
  const method = ''
  const served = releases.map(({ pointer, service }) => ({
    pointer,
    service: (name: string) => {
      const state = service(name)
      return state === null ? null : { ...state, method }
    },
  }))
  services.forEach((name, service) => {
    const states = (was[service] ?? []).map((state) => ({ ...state, method }))
    if (served[0]?.service(name) === null) return
    assertNeverBackwards(name, states, served)
    assertShows(served.at(-1), name, states.at(-1) ?? { ports: [], method })
  })
}

function begin({ world, racers, canary }: Stage, options: RacerOptions = {}): Racer {
  const racer = startRacer(world, `racer ${racers.length}`, { ...options, canary })
  racers.push(racer)
  return racer
}

function show({ world, was }: Stage, service: number, state: ServiceState): void {
  const name = services[service] ?? ''
  world.truth.meta(name, { 'nginx-lb': state.method })
  for (const port of ports) {
    const reason = state.ports.includes(port) ? 'passing' : 'unhealthy'
    world.truth.task(name, `${name}${port}`, { port: port + 100 * service, reason })
  }
  was[service]?.push({ ...state, ports: state.ports.map((port) => port + 100 * service) })
}

async function take(stage: Stage, step: Step): Promise<void> {
  const { world, racers, was } = stage
  const actor = 'who' in step ? racers[step.who % Math.max(1, racers.length)]?.actor : undefined
  switch (step.do) {
    case 'start':
      return void begin(stage, step)
    case 'change': {
      const chosen = ports.filter((_, bit) => (step.ports & (1 << bit)) !== 0)
      return show(stage, step.service, { ports: chosen, method: methods[step.method] ?? '' })
    }
    case 'back': {
      const before = was[step.service]?.at(-2)
      if (before === undefined) return
      const own = before.ports.map((port) => port - 100 * step.service)
      return show(stage, step.service, { ...before, ports: own })
    }
    case 'pause':
    case 'resume':
      if (actor !== undefined) actor.paused = step.do === 'pause'
      return
    case 'gasp':
      if (actor !== undefined && actor.left === null)
        Object.assign(actor, { paused: false, left: step.turns })
      return
    case 'run':
      return world.run(step.turns)
    case 'pass':
      return world.pass(step.ms)
    case 'expire':
      return world.lock.expire()
    case 'lose answer':
      return world.loseAnswer()
    case 'pin':
      return void pinLayout(world, previousOrCurrent)
  }
}

/**
 * One publisher comes to rest with the last truth. Then all the others, stopped at whatever they were about to do, wake for some
 * turns and are gone: whatever they still do, nobody is there to mend it.
 */
async function end(stage: Stage): Promise<void> {
  const { world, racers, random } = stage
  for (const { actor } of racers) actor.paused = true
  world.lock.expire()
  const before = [...racers]
  begin(stage)
  await world.pass(restMs)
  for (const { actor } of before) {
    actor.left ??= Math.floor(random() * 60)
    actor.paused = false
  }
  await world.pass(restMs)
}

/** More than the longest debounce, the refill of the budget, and the patience of a first look. */
const restMs = 15_000
