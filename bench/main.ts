import { explain } from '../core/errors.ts'
import { type Benchmark, benchmarks } from './benchmarks.ts'

/** `npm run bench -- <name> [--json]`: progress goes to stderr, so that stdout holds the result alone. */
const [name = '', ...flags] = process.argv.slice(2)
const benchmark: Benchmark | undefined = benchmarks[name]

if (benchmark === undefined) {
  const known = Object.entries(benchmarks).flatMap(([key, { about, options }]) => [
    `  ${key.padEnd(12)}${about}`,
    ...(options === undefined ? [] : [`  ${''.padEnd(12)}${options}`]),
  ])
  console.error(`Usage: npm run bench -- <name> [--json] [options]\n\n${known.join('\n')}`)
  process.exitCode = 2
} else {
  try {
    const result = await benchmark.run((line) => console.error(line), flags)
    console.log(flags.includes('--json') ? JSON.stringify(result) : benchmark.describe(result))
  } catch (error) {
    console.error(`The benchmark ${name} failed: ${explain(error)}`)
    process.exitCode = 1
  }
}
