import { agentBenchmark } from './agent/agent.ts'
import { pipelineBenchmark } from './pipeline/pipeline.ts'
import { reconcileBenchmark } from './reconcile/reconcile.ts'
import { registerBenchmark } from './register/register.ts'
import { renderBenchmark } from './render/render.ts'
import { startBenchmark } from './start/start.ts'
import { watchBenchmark } from './watch/watch.ts'

/** A measurement that anybody can repeat: `run` reports progress in lines and returns what `--json` prints. */
export type Benchmark<Result = unknown> = {
  readonly about: string
  /** The options that `run` understands in `args`, if any. */
  readonly options?: string
  run(progress: (line: string) => void, args: readonly string[]): Promise<Result>
  /** The result as a table for people. */
  describe(result: Result): string
}

// biome-ignore lint/suspicious/noExplicitAny: each benchmark describes its own result, and nobody else looks into it.
export const benchmarks: Readonly<Record<string, Benchmark<any>>> = {
  pipeline: pipelineBenchmark,
  register: registerBenchmark,
  reconcile: reconcileBenchmark,
  watch: watchBenchmark,
  render: renderBenchmark,
  start: startBenchmark,
  agent: agentBenchmark,
}
