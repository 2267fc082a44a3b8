/** The one factor by which `npm test` reduces the counts that `npm run test:full` runs in full. */
const factor = process.env.QUAYSIDE_TEST_FULL === '1' ? 1 : 0.02

/** Whether tables are run whole too; else each of their rows in one of its forms. */
export const isFull = factor === 1

/** How many generated cases to run where the full count is `full`; never fewer than 20. */
export function runs(full: number): number {
  return Math.max(Math.min(20, full), Math.round(full * factor))
}

/** fast-check parameters: the count above and a fixed seed, which a failure prints with its counterexample. */
export function property(full: number): { numRuns: number; seed: number } {
  return { numRuns: runs(full), seed: Number(process.env.QUAYSIDE_TEST_SEED ?? 20261120) }
}
