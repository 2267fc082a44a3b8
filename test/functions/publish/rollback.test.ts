import { test } from 'node:test'
import fc from 'fast-check'
import { anySteps, playRollback } from '../../support/races/rollback.ts'
import { property } from '../../support/scale.ts'

test('pinned, rolled back or not: the layout stays, starts and stops are followed from none to many and back, no dead address is served', {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(anySteps, (steps) => playRollback(steps)),
    property(400),
  )
})

test("the same holds for the file of the tutorials' template, also under a pin that names an earlier template", {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(anySteps, (steps) => playRollback(steps, true)),
    property(400),
  )
})
