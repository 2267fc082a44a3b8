import { QuaysideError } from '../../core/errors.ts'
import { type FailureKind, mapErrors, type PlanFailure } from '../../core/txn/failure.ts'
import { packPlans } from '../../core/txn/pack.ts'
import type { TaskPlan } from '../../core/txn/task-plan.ts'
import type { ConsulClient } from './client.ts'
import { runTxn, type TxnAnswer } from './txn.ts'

/** What became of one task's plan. `unknown`: the answer was lost, only the ledger can tell. */
export type PlanOutcome =
  | { readonly result: 'committed' }
  | { readonly result: FailureKind; readonly words: string; readonly ops: readonly number[] }
  | { readonly result: 'unknown'; readonly error: unknown }

export type Submit = (plans: readonly TaskPlan[]) => Promise<ReadonlyMap<TaskPlan, PlanOutcome>>

/**
 * Writes plans in as few transactions as possible. A task that fails is taken out and the rest sent again in full. A missing
 * node is created by `ensureNode` (once per task) and the task tried again.
 */
export function createSubmit(client: ConsulClient, ensureNode: (plan: TaskPlan) => Promise<void>): Submit {
  return async (plans) => {
    const outcomes = new Map<TaskPlan, PlanOutcome>()
    for (const txn of packPlans(plans)) {
      for (const [plan, outcome] of await submitAll(client, txn, ensureNode)) outcomes.set(plan, outcome)
    }
    return outcomes
  }
}

type Outcomes = ReadonlyMap<TaskPlan, PlanOutcome>

async function submitAll(
  client: ConsulClient,
  plans: readonly TaskPlan[],
  ensureNode: ((plan: TaskPlan) => Promise<void>) | null,
): Promise<Outcomes> {
  if (plans.length === 0) return new Map()
  const answer = await attempt(client, plans)
  if (answer === 'halve') return submitHalves(client, plans, ensureNode)
  if ('error' in answer) return same(plans, { result: 'unknown', error: answer.error })
  if (answer.ok) return same(plans, { result: 'committed' })
  const failures = mapErrors(plans, answer.errors)
  if (failures.size === 0)
    return same(plans, { result: 'refused', words: 'Consul named no operation', ops: [] })
  if (ensureNode !== null && [...failures.values()].some(({ kind }) => kind === 'missing-node')) {
    return bootstrap(client, plans, failures, ensureNode)
  }
  const rest = await submitAll(
    client,
    plans.filter((plan) => !failures.has(plan)),
    ensureNode,
  )
  return new Map([...rest, ...[...failures].map(([plan, failure]) => [plan, outcomeOf(failure)] as const)])
}

async function bootstrap(
  client: ConsulClient,
  plans: readonly TaskPlan[],
  failures: ReadonlyMap<TaskPlan, PlanFailure>,
  ensureNode: (plan: TaskPlan) => Promise<void>,
): Promise<Outcomes> {
  const clusters = new Map(
    [...failures].filter(([, { kind }]) => kind === 'missing-node').map(([plan]) => [clusterOf(plan), plan]),
  )
  for (const plan of clusters.values()) await ensureNode(plan)
  return submitAll(client, plans, null)
}

/** A request that is refused as a whole names no task: halves are tried until the one is found. */
async function submitHalves(
  client: ConsulClient,
  plans: readonly TaskPlan[],
  ensureNode: ((plan: TaskPlan) => Promise<void>) | null,
): Promise<Outcomes> {
  const middle = Math.ceil(plans.length / 2)
  const first = await submitAll(client, plans.slice(0, middle), ensureNode)
  return new Map([...first, ...(await submitAll(client, plans.slice(middle), ensureNode))])
}

async function attempt(
  client: ConsulClient,
  plans: readonly TaskPlan[],
): Promise<TxnAnswer | 'halve' | { readonly error: unknown }> {
  try {
    return await runTxn(
      client,
      plans.flatMap(({ ops }) => ops),
    )
  } catch (error) {
    const wholly = error instanceof QuaysideError && error.code === 'CONSUL_REFUSED'
    return wholly && plans.length > 1 ? 'halve' : { error }
  }
}

function outcomeOf({ kind, words, ops }: PlanFailure): PlanOutcome {
  return { result: kind, words, ops }
}

function same(plans: readonly TaskPlan[], outcome: PlanOutcome): Outcomes {
  return new Map(plans.map((plan) => [plan, outcome]))
}

function clusterOf({ key }: TaskPlan): string {
  return `${key.account}/${key.region}/${key.cluster}`
}
