import { runSweep, type SweepDeps, type SweepRecord } from './sweep.ts'

/** One sweep per invocation; what it came to is returned and logged. */
export function createHandler(deps: SweepDeps): () => Promise<SweepRecord> {
  return () => runSweep(deps)
}
