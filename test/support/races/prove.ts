import fc from 'fast-check'
import { anyHistory, playHistory } from './history.ts'

/** Plays histories until one breaks a rule. Exit codes: 0 all hold, 3 one didn't. */
const [runs = '', seed = ''] = process.argv.slice(2)
const result = await fc.check(fc.asyncProperty(anyHistory(6), playHistory), {
  numRuns: Number(runs),
  seed: Number(seed),
  endOnFailure: true,
})
if (result.failed) {
  console.log(JSON.stringify(result.counterexample))
  console.log(String((result.errorInstance as Error | undefined)?.stack ?? result.errorInstance))
  process.exitCode = 3
} else console.log(`${result.numRuns} histories hold`)
