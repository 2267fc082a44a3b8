import fc from 'fast-check'
import {
  changes,
  delays,
  losses,
  reconcile,
  register,
  run,
  several,
  starts,
  trials,
  type Weighted,
  world,
} from './any-step.ts'
import type { Step, World } from './steps.ts'
import { lossThemes, orderThemes, woven } from './themes.ts'

const inEcs = [...starts, ...changes, ...losses]

const runs: readonly Weighted[] = [
  { weight: 9, arbitrary: run(several(register, 1), inEcs) },
  { weight: 4, arbitrary: run(fc.tuple(reconcile), inEcs) },
  {
    weight: 4,
    arbitrary: run(
      several(fc.oneof({ arbitrary: register, weight: 3 }, { arbitrary: reconcile, weight: 1 }), 2),
      inEcs,
    ),
  },
]

function history(steps: readonly Weighted[]): fc.Arbitrary<readonly Step[]> {
  return fc.array(fc.oneof(...steps), { minLength: 4, maxLength: 26, size: 'max' })
}

const anyStep = [...inEcs, ...delays, ...trials, ...runs]

/** Everything that can happen, reconcile passes among it. */
export const anyWorld: fc.Arbitrary<World> = fc.oneof(
  { weight: 3, arbitrary: world(history(anyStep)) },
  { weight: 4, arbitrary: world(fc.oneof(...themed(lossThemes, anyStep))) },
)

const registering = run(several(register, 1), changes)
const orderly = [...starts, ...changes, ...delays, { weight: 10, arbitrary: registering }]

/** Without reconcile, without anything that only reconcile could repair; in whatever order and as often as it may be. */
export const eventsOnly: fc.Arbitrary<World> = fc.oneof(
  { weight: 3, arbitrary: world(history(orderly), fc.constant(false)) },
  { weight: 2, arbitrary: world(fc.oneof(...themed(orderThemes, orderly)), fc.constant(false)) },
)

function themed(themes: typeof lossThemes, steps: readonly Weighted[]) {
  return themes.map((theme) => woven(theme, fc.oneof(...steps)))
}
