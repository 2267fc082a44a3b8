import fc from 'fast-check'
import { playEvents, playHistory } from './histories.ts'
import type { World } from './steps.ts'
import { anyWorld, eventsOnly } from './worlds.ts'

/** Exit codes: 0 the property held, 3 it failed with a counterexample; anything else is a fault of the program. */
const [name = '', runs = '', seed = '', mode = ''] = process.argv.slice(2)
const proofs = {
  histories: fc.asyncProperty(anyWorld, (world) => playHistory(world)),
  events: fc.asyncProperty(eventsOnly, (world) => playEvents(world)),
}
const proof = proofs[name as keyof typeof proofs]
const result = await fc.check<[unknown]>(proof as never, {
  numRuns: Number(runs),
  seed: Number(seed),
  endOnFailure: mode === 'first',
})
if (result.failed) {
  console.log(`${name}: failed with seed ${result.seed}, path ${result.counterexamplePath}`)
  console.log(short(result.counterexample?.[0] as World | undefined))
  console.log(String((result.errorInstance as Error | undefined)?.stack ?? result.errorInstance))
  process.exitCode = 3
} else console.log(`${name}: ${result.numRuns} histories hold, seed ${result.seed}`)

/** A step a line, so that a person can follow it. */
function short(world: World | undefined): string {
  const steps = (world?.steps ?? []).map((step) => `  ${JSON.stringify(step)}`)
  return [`anchor: ${world?.anchor}`, ...steps].join('\n')
}
