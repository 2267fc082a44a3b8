import type { Log } from '../../adapters/log.ts'
import { taskFact } from '../../core/ledger/make-fact.ts'
import type { FunctionSettings } from '../../core/settings/settings.ts'
import type { Registrar } from '../../core/task/desired.ts'
import { phaseOf } from '../../core/task/phase.ts'
import type { Observation } from '../../core/task/task.ts'
import { type Applied, type ApplyDeps, applyFacts, type Pending } from './apply.ts'
import type { Batch, QueueRecord } from './batch.ts'
import { followUp } from './follow-up.ts'
import type { RegisterDeps } from './handler.ts'
import { measureTask } from './measure.ts'
import { observe } from './observe.ts'
import { reportTask } from './report.ts'
import type { Resolve } from './resolve.ts'
import { addWaiting } from './waiting.ts'

/** A task with the messages that speak of it, and how often its health was looked at for them. */
export type Seen = {
  readonly observation: Observation
  /** The time of the newest event among these messages, Unix milliseconds; null where none is an event. */
  readonly eventAt: number | null
  readonly records: readonly QueueRecord[]
  readonly hop: number | null
}

/** Does everything that the batch's messages about tasks ask for, and settles or fails each of them. */
export async function applyTasks(batch: Batch, deps: RegisterDeps): Promise<void> {
  const receivedAt = deps.now()
  const seen = await observe(batch, deps)
  const { all, readLedger } = await addWaiting(seen, deps)
  const applied = await applyObservations(
    [...all.values()].map(({ observation }) => observation),
    { ...deps, readLedger },
  )
  for (const [arn, { observation, eventAt, records }] of all) {
    const result = applied.get(arn)
    if (result === undefined) continue
    measureTask(eventAt, result, receivedAt, deps.metrics)
    // A failure is told once, with the message that it leaves open.
    if (result.result !== 'failed' || records.length === 0) reportTask(observation, result, deps.log)
    for (const record of records) {
      if (result.result === 'failed') batch.fail(record, result.error, arn)
      else batch.settle(record)
    }
  }
  await followUp(all, applied, batch, deps)
}

type ObservationDeps = ApplyDeps & {
  readonly settings: Pick<FunctionSettings, 'deployment' | 'clusters'>
  readonly resolve: Resolve
  readonly log: Log
}

/** Looks up what the live ones among the tasks need, judges all and writes what passes. One result per ARN; never throws. */
export async function applyObservations(
  observations: readonly Observation[],
  deps: ObservationDeps,
  source: 'host-back' | null = null,
): Promise<ReadonlyMap<string, Applied>> {
  const live = observations.map(({ task }) => task).filter((task) => phaseOf(task) === 'live')
  const resolved = await deps.resolve(live)
  const pending = observations.map((seen): Pending => {
    const { task } = seen
    const cluster = deps.settings.clusters.find(({ arn }) => arn === task.clusterArn)
    const registrar: Registrar = {
      deployment: deps.settings.deployment,
      servicePrefix: cluster?.servicePrefix ?? '',
      addressFamily: cluster?.addressFamily ?? 'ipv4',
    }
    return {
      arn: task.arn,
      key: task.key,
      make: (entry) => taskFact(seen, () => resolved(task), entry, registrar, source ?? seen.source),
    }
  })
  return applyFacts(pending, deps)
}
