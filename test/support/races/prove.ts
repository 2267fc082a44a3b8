import fc from 'fast-check'
import { anyAccidents, playAccidents } from '../accidents/history.ts'
import { anyHistory, playHistory } from './history.ts'
import { anySteps, playRollback } from './rollback.ts'

/** Plays histories until one breaks a rule. Exit codes: 0 all hold, 3 one didn't. */
const [name = '', runs = '', seed = ''] = process.argv.slice(2)
const proofs = {
  races: fc.asyncProperty(anyHistory(6), playHistory),
  accidents: fc.property(anyAccidents, playAccidents),
  rollback: fc.asyncProperty(anySteps, (steps) => playRollback(steps)),
  templates: fc.asyncProperty(anySteps, (steps) => playRollback(steps, true)),
}
const result = await fc.check<[unknown]>(proofs[name as keyof typeof proofs] as never, {
  numRuns: Number(runs),
  seed: Number(seed),
  endOnFailure: true,
})
if (result.failed) {
  console.log(JSON.stringify(result.counterexample))
  console.log(String((result.errorInstance as Error | undefined)?.stack ?? result.errorInstance))
  process.exitCode = 3
} else console.log(`${result.numRuns} histories hold`)
