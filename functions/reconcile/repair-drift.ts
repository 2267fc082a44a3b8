import type { PlanOutcome } from '../../adapters/consul/submit.ts'
import { storedCheckId } from '../../core/catalog/entry.ts'
import { explain } from '../../core/errors.ts'
import { driftOf } from '../../core/reconcile/drift.ts'
import type { KnownTask } from '../../core/reconcile/known.ts'
import type { ClusterSettings } from '../../core/settings/settings.ts'
import { parseClusterArn, taskArn } from '../../core/task/arn.ts'
import type { FoundCheck } from '../../core/txn/stored-op.ts'
import { type TaskPlan, taskPlan } from '../../core/txn/task-plan.ts'
import type { Applied } from '../register/apply.ts'
import type { ReconcileDeps } from './cluster.ts'

type Known = ReadonlyMap<string, KnownTask>

/** Puts back what the catalog lost or somebody changed, for tasks of which ECS had nothing new. */
export async function repairDrift(
  settings: ClusterSettings,
  applied: ReadonlyMap<string, Applied>,
  known: Known,
  deps: ReconcileDeps,
): Promise<number> {
  const cluster = parseClusterArn(settings.arn, 'clusters.arn')
  const plans = [...known.values()].flatMap((task): readonly TaskPlan[] => {
    const arn = taskArn(settings.arn, task.taskId)
    const result = applied.get(arn)
    const settled = result === undefined ? task.entry.phase === 'gone' : isSettled(result)
    if (!settled || task.index === 0) return []
    const fact = result?.made?.fact
    const wanted = fact?.phase === 'live' ? fact.wanted.instances : null
    if (task.entry.phase === 'live' && wanted === null) return []
    const drift = driftOf(task.entry, wanted, task.services)
    return drift === null
      ? []
      : [
          taskPlan(
            deps.prefix,
            { arn, key: { ...cluster, taskId: task.taskId } },
            task,
            drift,
            foundChecks(task),
          ),
        ]
  })
  const outcomes = await deps.submit(plans)
  const done = plans.filter((plan) => outcomes.get(plan)?.result === 'committed')
  reportUnrepaired(settings.arn, plans, outcomes, deps)
  if (done.length > 0) {
    deps.log.warn('drift-repaired', { cluster: settings.arn, tasks: done.slice(0, 10).map(({ arn }) => arn) })
  }
  return done.length
}

/** A conflict is somebody else's newer word and no failure; anything else that kept drift from being repaired is to be seen. */
function reportUnrepaired(
  cluster: string,
  plans: readonly TaskPlan[],
  outcomes: ReadonlyMap<TaskPlan, PlanOutcome>,
  deps: ReconcileDeps,
): void {
  const reasons = plans.flatMap((plan) => {
    const { arn } = plan
    const outcome = outcomes.get(plan)
    if (outcome === undefined || outcome.result === 'committed' || outcome.result === 'conflict') return []
    if (outcome.result === 'unknown') return [{ arn, reason: explain(outcome.error) }]
    return [{ arn, reason: 'words' in outcome ? outcome.words : outcome.result }]
  })
  for (const [reason, tasks] of Map.groupBy(reasons, (one) => one.reason)) {
    const fields = { cluster, reason, count: tasks.length }
    deps.log.warn('drift-not-repaired', { ...fields, tasks: tasks.slice(0, 10).map(({ arn }) => arn) })
  }
}

/** What consul-esm found of the task's instances, as it was read at the beginning of the pass. */
function foundChecks({ services }: KnownTask): ReadonlyMap<string, FoundCheck> {
  return new Map(
    services.flatMap(({ id, checks }) => {
      const check = checks.find((one) => one.id === storedCheckId(id))
      return check === undefined ? [] : [[id, check] as const]
    }),
  )
}

/** Nothing was written for it in this pass, so that what was read of it still holds. */
function isSettled({ result }: Applied): boolean {
  return result === 'unchanged' || result === 'dropped'
}
