import fc from 'fast-check'
import { kinds } from './kinds.ts'
import type { Invocation, Meddling, Step, TruthStep, World } from './steps.ts'
import type { Trouble } from './turns.ts'

export type Weighted<T = Step> = { readonly weight: number; readonly arbitrary: fc.Arbitrary<T> }

const small = fc.nat(7)
const host = fc.nat(1)
const kind = fc.nat(kinds.length - 1)

function step<T extends TruthStep | Step>(name: T['do'], members: Record<string, fc.Arbitrary<unknown>>) {
  return fc.record({ do: fc.constant(name), ...members }) as unknown as fc.Arbitrary<T>
}

/** Tasks that come. */
export const starts: readonly Weighted<TruthStep>[] = [
  { weight: 6, arbitrary: step('start', { kind, host, by: fc.constantFrom(0, 1, 2, 2, 2) }) },
  { weight: 2, arbitrary: step('deploy', { kind, host }) },
]

/** What happens to a task by itself. */
export const changes: readonly Weighted<TruthStep>[] = [
  { weight: 3, arbitrary: step('advance', { task: small, by: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 4, arbitrary: step('stop', { task: small, by: fc.constantFrom(0, 0, 0, 1, 2, 4) }) },
  { weight: 2, arbitrary: step('container', { task: small, container: fc.nat(1), bindings: fc.nat(1) }) },
  {
    weight: 3,
    arbitrary: step('health', {
      task: small,
      to: fc.constantFrom('HEALTHY', 'HEALTHY', 'UNHEALTHY', 'UNKNOWN'),
    }),
  },
]

/** Losses, of which events alone can't tell everything. */
export const losses: readonly Weighted<TruthStep>[] = [
  { weight: 2, arbitrary: step('host', { host, to: fc.constantFrom('lost', 'lost', 'given-up', 'back') }) },
  { weight: 1, arbitrary: step('forget', { task: small }) },
  { weight: 1, arbitrary: step('hide', { task: small, long: fc.constantFrom(false, false, true) }) },
  { weight: 1, arbitrary: step('stale', { task: small }) },
  { weight: 1, arbitrary: step('blind', { seconds: fc.constantFrom(10, 100, 1_500) }) },
]

export const delays: readonly Weighted[] = [
  { weight: 1, arbitrary: step('duplicate', { message: fc.nat(15) }) },
  { weight: 1, arbitrary: step('wait', { seconds: fc.constantFrom(1, 5, 20, 35, 61, 400, 7_200, 90_000) }) },
]

const meddlings: readonly Meddling[] = [
  'delete-service',
  'change-address',
  'fail-check',
  'pass-check',
  'delete-ledger',
]

export const trials: readonly Weighted[] = [
  { weight: 2, arbitrary: step('drop', { message: fc.nat(15) }) },
  { weight: 1, arbitrary: step('meddle', { how: fc.constantFrom(...meddlings), pick: small }) },
]

const trouble: fc.Arbitrary<Trouble | null> = fc.option(
  fc.record({
    call: fc.nat(14),
    kind: fc.constantFrom('crash' as const, 'fail' as const),
    after: fc.boolean(),
  }),
  { freq: 2, nil: null },
)

export const register: fc.Arbitrary<Invocation> = fc.record({
  of: fc.constant('register' as const),
  messages: fc.oneof(fc.array(fc.nat(15), { minLength: 1, maxLength: 10 }), fc.tuple(fc.nat(7))),
  trouble,
})

export const reconcile: fc.Arbitrary<Invocation> = fc.record({
  of: fc.constant('reconcile' as const),
  trouble,
})

/** Runs of handlers, in the middle of which one of these steps may happen. */
export function run(
  runs: fc.Arbitrary<readonly Invocation[]>,
  meanwhile: readonly Weighted<TruthStep>[],
): fc.Arbitrary<Step> {
  return fc.record({
    do: fc.constant('run' as const),
    runs,
    order: fc.array(fc.nat(2), { maxLength: 12 }),
    meanwhile: fc.option(fc.record({ turn: fc.nat(12), step: fc.oneof(...meanwhile) }), { nil: null }),
  })
}

export function several(
  one: fc.Arbitrary<Invocation>,
  minLength: number,
): fc.Arbitrary<readonly Invocation[]> {
  return fc.array(one, { minLength, maxLength: 3 })
}

export function world(steps: fc.Arbitrary<readonly Step[]>, anchor = fc.boolean()): fc.Arbitrary<World> {
  return fc.record({ anchor, steps })
}
