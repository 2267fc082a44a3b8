import { explain } from '../../core/errors.ts'
import type { Stage } from './stage.ts'
import type { Step } from './steps.ts'
import { startTraffic, type Totals } from './traffic.ts'

export type StepResult = {
  readonly name: string
  readonly event_to_serving_ms: number | null
  readonly error?: string
}

/** What `--json` prints as its one line. Times are whole milliseconds. */
export type ScriptResult = {
  readonly script: string
  readonly steps: readonly StepResult[]
  readonly event_to_serving_p50_ms: number | null
  readonly requests: number
  readonly failed_requests: number
  readonly retried_resets: number
  /** Answers other than 200 while no instance was live, as they should be. */
  readonly unserved_requests: number
  readonly failures: readonly string[]
  readonly ok: boolean
}

type ScriptOptions = {
  readonly name: string
  readonly steps: readonly Step[]
  readonly stage: Stage
  readonly serving: () => number
  readonly onStep: (result: StepResult) => void
}

const requestEveryMs = 10

/**
 * Runs the steps in order, each after a quiet moment, with traffic from the first one's end to the last one's. A failed step ends
 * the walk-through.
 */
export async function runScript({
  name,
  steps,
  stage,
  serving,
  onStep,
}: ScriptOptions): Promise<ScriptResult> {
  const results: StepResult[] = []
  let traffic: ReturnType<typeof startTraffic> | null = null
  await stage.quiet()
  for (const step of steps) {
    const result = await runStep(step, stage)
    results.push(result)
    onStep(result)
    if (result.error !== undefined) break
    // Not before every host has come to rest: while a first release is taken into use, old workers answer that they know no route.
    await stage.quiet()
    traffic ??= startTraffic({ ...stage, everyMs: requestEveryMs, serving, now: Date.now })
  }
  return summarise(name, steps.length, results, (await traffic?.stop()) ?? nothingSent)
}

async function runStep(step: Step, stage: Stage): Promise<StepResult> {
  try {
    const { eventAt, servingAt } = await step.run(stage)
    return { name: step.name, event_to_serving_ms: Math.max(0, Math.round(servingAt - eventAt)) }
  } catch (error) {
    return { name: step.name, event_to_serving_ms: null, error: explain(error) }
  }
}

const nothingSent: Totals = { requests: 0, failed: 0, retriedResets: 0, unserved: 0, failures: [] }

function summarise(
  script: string,
  planned: number,
  steps: readonly StepResult[],
  totals: Totals,
): ScriptResult {
  const seen = steps.filter((step) => step.error === undefined).length === planned
  return {
    script,
    steps,
    event_to_serving_p50_ms: median(steps.flatMap((step) => step.event_to_serving_ms ?? [])),
    requests: totals.requests,
    failed_requests: totals.failed,
    retried_resets: totals.retriedResets,
    unserved_requests: totals.unserved,
    failures: totals.failures,
    ok: seen && totals.requests > 0 && totals.failed === 0,
  }
}

/** The middle value; of an even count the higher of the two in the middle, so that it is never flattering. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}
