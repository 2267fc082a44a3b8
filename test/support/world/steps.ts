import fc from 'fast-check'
import { kinds } from './kinds.ts'
import type { Health } from './sim-task.ts'
import type { Trouble } from './turns.ts'

/** Numbers stand for a choice among whatever there is at that moment: taken modulo its count, so that every history is valid. */
export type Step =
  | { readonly do: 'start'; readonly kind: number; readonly host: number; readonly by: number }
  | { readonly do: 'advance'; readonly task: number; readonly by: number }
  | { readonly do: 'stop'; readonly task: number; readonly by: number }
  | { readonly do: 'deploy'; readonly kind: number; readonly host: number }
  | { readonly do: 'container'; readonly task: number; readonly container: number; readonly bindings: number }
  | { readonly do: 'health'; readonly task: number; readonly to: Health }
  | { readonly do: 'host'; readonly host: number; readonly to: 'lost' | 'given-up' | 'back' }
  | { readonly do: 'forget'; readonly task: number }
  | { readonly do: 'hide'; readonly task: number }
  | { readonly do: 'stale'; readonly task: number }
  | { readonly do: 'blind'; readonly seconds: number }
  | { readonly do: 'duplicate'; readonly message: number }
  | { readonly do: 'drop'; readonly message: number }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'meddle'; readonly how: Meddling; readonly pick: number }
  | { readonly do: 'run'; readonly runs: readonly Invocation[]; readonly order: readonly number[] }

/** What somebody else may do to our entries. */
export type Meddling = 'delete-service' | 'change-address' | 'fail-check' | 'pass-check' | 'delete-ledger'

/** One run of a handler; several in one step run side by side. */
export type Invocation = { readonly trouble: Trouble | null } & (
  | { readonly of: 'register'; readonly messages: readonly number[] }
  | { readonly of: 'reconcile' }
)

export type World = {
  /** A task that runs all the time, so that ECS never lists nothing at all. */
  readonly anchor: boolean
  readonly steps: readonly Step[]
}

const small = fc.nat(7)
const host = fc.nat(1)
const kind = fc.nat(kinds.length - 1)

const trouble: fc.Arbitrary<Trouble | null> = fc.option(
  fc.record({
    call: fc.nat(14),
    kind: fc.constantFrom('crash' as const, 'fail' as const),
    after: fc.boolean(),
  }),
  { freq: 2, nil: null },
)

const register: fc.Arbitrary<Invocation> = fc.record({
  of: fc.constant('register' as const),
  messages: fc.array(fc.nat(15), { minLength: 1, maxLength: 10 }),
  trouble,
})
const reconcile: fc.Arbitrary<Invocation> = fc.record({ of: fc.constant('reconcile' as const), trouble })
const order = fc.array(fc.nat(2), { maxLength: 12 })

function run(runs: fc.Arbitrary<readonly Invocation[]>): fc.Arbitrary<Step> {
  return fc.record({ do: fc.constant('run' as const), runs, order })
}

const deliver = run(fc.tuple(register))
const pass = run(fc.tuple(reconcile))
const together = run(
  fc.array(fc.oneof({ arbitrary: register, weight: 3 }, { arbitrary: reconcile, weight: 1 }), {
    minLength: 2,
    maxLength: 3,
  }),
)

function step<T extends object>(name: string, members: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record({ do: fc.constant(name), ...members }) as unknown as fc.Arbitrary<Step>
}

const events: { arbitrary: fc.Arbitrary<Step>; weight: number }[] = [
  { weight: 6, arbitrary: step('start', { kind, host, by: fc.constantFrom(0, 1, 2, 2, 2) }) },
  { weight: 3, arbitrary: step('advance', { task: small, by: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 4, arbitrary: step('stop', { task: small, by: fc.constantFrom(0, 0, 0, 1, 2, 4) }) },
  { weight: 2, arbitrary: step('deploy', { kind, host }) },
  { weight: 2, arbitrary: step('container', { task: small, container: fc.nat(1), bindings: fc.nat(1) }) },
  {
    weight: 3,
    arbitrary: step('health', {
      task: small,
      to: fc.constantFrom('HEALTHY', 'HEALTHY', 'UNHEALTHY', 'UNKNOWN'),
    }),
  },
  { weight: 2, arbitrary: step('host', { host, to: fc.constantFrom('lost', 'lost', 'given-up', 'back') }) },
  { weight: 1, arbitrary: step('forget', { task: small }) },
  { weight: 1, arbitrary: step('duplicate', { message: fc.nat(15) }) },
  { weight: 1, arbitrary: step('wait', { seconds: fc.constantFrom(1, 5, 20, 35, 61, 400, 7_200, 90_000) }) },
]

const trials: typeof events = [
  { weight: 1, arbitrary: step('hide', { task: small }) },
  { weight: 1, arbitrary: step('stale', { task: small }) },
  { weight: 1, arbitrary: step('blind', { seconds: fc.constantFrom(10, 100, 1_500) }) },
  { weight: 2, arbitrary: step('drop', { message: fc.nat(15) }) },
  {
    weight: 1,
    arbitrary: step('meddle', {
      how: fc.constantFrom<Meddling>(
        'delete-service',
        'change-address',
        'fail-check',
        'pass-check',
        'delete-ledger',
      ),
      pick: small,
    }),
  },
  { weight: 4, arbitrary: pass },
]

/** Everything that can happen, reconcile passes among it. */
export const anyWorld: fc.Arbitrary<World> = fc.record({
  anchor: fc.boolean(),
  steps: fc.array(
    fc.oneof(...events, ...trials, { weight: 9, arbitrary: deliver }, { weight: 4, arbitrary: together }),
    { minLength: 4, maxLength: 26, size: 'max' },
  ),
})

const registerOnly = run(fc.array(register, { minLength: 1, maxLength: 3 }))

/** Without reconcile, without anything that only reconcile could repair; in whatever order and as often as it may be. */
export const eventsOnly: fc.Arbitrary<World> = fc.record({
  anchor: fc.constant(false),
  steps: fc.array(
    fc.oneof(...events.filter((_, index) => index !== 6 && index !== 7), {
      weight: 10,
      arbitrary: registerOnly,
    }),
    { minLength: 4, maxLength: 26, size: 'max' },
  ),
})
