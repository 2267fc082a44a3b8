import { isRetryable, QuaysideError } from '../../core/errors.ts'
import { type FailureKind, mapErrors, type PlanFailure } from '../../core/txn/failure.ts'
import { bodyOf, packPlans } from '../../core/txn/pack.ts'
import type { TaskPlan } from '../../core/txn/task-plan.ts'
import { plansToHoldBack, servicesAdded } from '../../core/txn/turnover.ts'
import type { ConsulClient } from './client.ts'
import { runTxn, type TxnAnswer } from './txn.ts'

/**
 * What became of one task's plan. `unknown`: the answer was lost, only the ledger can tell. `held`: it wasn't sent, because it takes
 * instances out of a service to which others couldn't be added yet.
 */
export type PlanOutcome =
  | { readonly result: 'committed' }
  | { readonly result: FailureKind; readonly words: string; readonly ops: readonly number[] }
  | { readonly result: 'unknown'; readonly error: unknown }
  | { readonly result: 'held' }

/** `holdBack` is false by default. */
export type Submit = (
  plans: readonly TaskPlan[],
  options?: { readonly holdBack?: boolean },
) => Promise<ReadonlyMap<TaskPlan, PlanOutcome>>

/** What one transaction came to; conflicts are tasks that somebody else wrote meanwhile. */
export type TxnNews = { readonly operations: number; readonly conflicts: number }

/** Makes sure that the node of a plan's cluster is there. */
type EnsureNode = (plan: TaskPlan) => Promise<void>

/**
 * Writes plans in as few transactions as possible, one after the other. A task that fails is taken out and the rest sent again in
 * full. A missing node is created by `ensureNode` (once per task) and the task tried again. With `holdBack`, what takes instances out
 * of a service isn't sent after an addition to it that may succeed at the next attempt.
 */
export function createSubmit(
  client: ConsulClient,
  ensureNode: EnsureNode,
  onTxn: (news: TxnNews) => void = () => {},
): Submit {
  return async (plans, { holdBack = false } = {}) => {
    const outcomes = new Map<TaskPlan, PlanOutcome>()
    const sending = { client, ensureNode, onTxn, holdBack }
    const unwritten = new Set<string>()
    for (const txn of packPlans(plans)) {
      const done = await submitAll(txn, unwritten, sending)
      for (const [plan, outcome] of done) outcomes.set(plan, outcome)
      for (const service of unwrittenAfter(done)) unwritten.add(service)
    }
    return outcomes
  }
}

type Outcomes = ReadonlyMap<TaskPlan, PlanOutcome>

type Sending = {
  readonly client: ConsulClient
  /** Null once it was called. */
  readonly ensureNode: EnsureNode | null
  readonly onTxn: (news: TxnNews) => void
  readonly holdBack: boolean
}

/** `unwritten` are the services to which something couldn't be added before. */
async function submitAll(
  plans: readonly TaskPlan[],
  unwritten: ReadonlySet<string>,
  sending: Sending,
): Promise<Outcomes> {
  const held = sending.holdBack ? plansToHoldBack(plans, unwritten) : new Set<TaskPlan>()
  const sent = await send(
    plans.filter((plan) => !held.has(plan)),
    unwritten,
    sending,
  )
  return new Map([...sent, ...[...held].map((plan) => [plan, { result: 'held' } as const] as const)])
}

async function send(
  plans: readonly TaskPlan[],
  unwritten: ReadonlySet<string>,
  sending: Sending,
): Promise<Outcomes> {
  if (plans.length === 0) return new Map()
  const answer = await attempt(plans, sending)
  if (answer === 'halve') return sendHalves(plans, unwritten, sending)
  if ('error' in answer) return same(plans, { result: 'unknown', error: answer.error })
  if (answer.ok) return same(plans, { result: 'committed' })
  const failures = mapErrors(plans, answer.errors)
  if (failures.size === 0)
    return same(plans, { result: 'refused', words: 'Consul named no operation', ops: [] })
  if (sending.ensureNode !== null && [...failures.values()].some(({ kind }) => kind === 'missing-node')) {
    return bootstrap(plans, failures, unwritten, { ...sending, ensureNode: sending.ensureNode })
  }
  const failed = new Map([...failures].map(([plan, failure]) => [plan, outcomeOf(failure)] as const))
  const others = plans.filter((plan) => !failed.has(plan))
  const rest = await submitAll(others, new Set([...unwritten, ...unwrittenAfter(failed)]), sending)
  return new Map([...rest, ...failed])
}

/** Makes the nodes that are missing. A cluster whose node can't be had fails alone. */
async function bootstrap(
  plans: readonly TaskPlan[],
  failures: ReadonlyMap<TaskPlan, PlanFailure>,
  unwritten: ReadonlySet<string>,
  sending: Sending & { readonly ensureNode: EnsureNode },
): Promise<Outcomes> {
  const clusters = new Map(
    [...failures].filter(([, { kind }]) => kind === 'missing-node').map(([plan]) => [clusterOf(plan), plan]),
  )
  const refused = new Map<string, unknown>()
  for (const [cluster, plan] of clusters) {
    try {
      await sending.ensureNode(plan)
    } catch (error) {
      refused.set(cluster, error)
    }
  }
  const isLost = (plan: TaskPlan) => refused.has(clusterOf(plan))
  const lost = new Map<TaskPlan, PlanOutcome>(
    plans.filter(isLost).map((plan) => [plan, { result: 'unknown', error: refused.get(clusterOf(plan)) }]),
  )
  const rest = plans.filter((plan) => !isLost(plan))
  const after = new Set([...unwritten, ...unwrittenAfter(lost)])
  return new Map([...(await submitAll(rest, after, { ...sending, ensureNode: null })), ...lost])
}

/** A request that is refused as a whole names no task: halves are tried until the one is found. */
async function sendHalves(
  plans: readonly TaskPlan[],
  unwritten: ReadonlySet<string>,
  sending: Sending,
): Promise<Outcomes> {
  const middle = Math.ceil(plans.length / 2)
  const first = await send(plans.slice(0, middle), unwritten, sending)
  const after = new Set([...unwritten, ...unwrittenAfter(first)])
  return new Map([...first, ...(await submitAll(plans.slice(middle), after, sending))])
}

/** Services to which plans add something that isn't written yet, but may be when they are tried again. */
function unwrittenAfter(outcomes: Outcomes): ReadonlySet<string> {
  return new Set(
    [...outcomes].flatMap(([plan, outcome]) => (mayStillCome(outcome) ? [...servicesAdded(plan)] : [])),
  )
}

function mayStillCome(outcome: PlanOutcome): boolean {
  if (outcome.result === 'unknown') return isRetryable(outcome.error)
  return outcome.result === 'conflict' || outcome.result === 'held'
}

async function attempt(
  plans: readonly TaskPlan[],
  { client, onTxn }: Sending,
): Promise<TxnAnswer | 'halve' | { readonly error: unknown }> {
  const ops = plans.flatMap((plan) => plan.ops)
  try {
    const answer = await runTxn(client, ops, { text: bodyOf(plans) })
    const failures = answer.ok ? [] : [...mapErrors(plans, answer.errors).values()]
    onTxn({
      operations: ops.length,
      conflicts: failures.filter(({ kind }) => kind === 'conflict').length,
    })
    return answer
  } catch (error) {
    onTxn({ operations: ops.length, conflicts: 0 })
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
