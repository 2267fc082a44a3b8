import type { Timeline } from '../console/timeline.ts'
import type { ConsulView } from '../consul-view.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Print } from '../run.ts'
import { table } from '../table.ts'
import { createStage, servingTasks } from './pipeline-stage.ts'
import { runScript, type ScriptResult, type StepResult } from './run-script.ts'
import { demoSteps } from './steps.ts'

type Play = {
  readonly pipeline: Pipeline
  readonly consul: ConsulView
  readonly timeline: Timeline
  readonly print: Print
  readonly result: Print
  readonly json: boolean
}

/** Plays the walk-through on a running pipeline. 0 only if every step was seen through nginx on every host and no request failed. */
export async function playScript({ pipeline, consul, timeline, print, result, json }: Play): Promise<number> {
  const outcome = await runScript({
    name: 'demo',
    steps: demoSteps,
    stage: createStage(pipeline, consul, timeline),
    serving: () => servingTasks(pipeline.cloud.ecs.tasks()),
    onStep: (step) => print(`\n  ${describeStep(step)}\n`),
  })
  result(json ? JSON.stringify(outcome) : describe(outcome))
  return outcome.ok ? 0 : 1
}

function describeStep({ name, event_to_serving_ms: ms, error }: StepResult): string {
  return error === undefined
    ? `✔ ${name}: ${ms} ms from event to serving on every host`
    : `✖ ${name}: ${error}`
}

function describe(outcome: ScriptResult): string {
  const rows = outcome.steps.map((step) => [step.name, step.event_to_serving_ms ?? step.error ?? '-'])
  const totals = [
    `${outcome.requests} requests, ${outcome.failed_requests} failed`,
    `${outcome.retried_resets} retried after a reset of a reused connection`,
    `${outcome.unserved_requests} while nothing ran`,
  ]
  const failures = outcome.failures.map((failure) => `  ${failure}`)
  return [table(['step', 'event to serving, ms'], rows), '', totals.join('; '), ...failures].join('\n')
}
