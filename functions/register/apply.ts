import type { PlanOutcome, Submit } from '../../adapters/consul/submit.ts'
import { QuaysideError } from '../../core/errors.ts'
import { gate, type Verdict } from '../../core/ledger/gate.ts'
import { ledgerKey } from '../../core/ledger/keys.ts'
import type { LedgerEntry, TaskKey } from '../../core/ledger/ledger.ts'
import type { MadeFact } from '../../core/ledger/make-fact.ts'
import { transition } from '../../core/ledger/transition.ts'
import { type TaskPlan, taskPlan } from '../../core/txn/task-plan.ts'

export type LedgerRead = { readonly entry: LedgerEntry | null; readonly index: number }

/** A task to be judged once its ledger entry is read; `make` runs again after each conflict, with the entry of then. */
export type Pending = {
  readonly arn: string
  readonly key: TaskKey
  readonly make: (entry: LedgerEntry | null) => MadeFact
}

/** What became of a task, and why. */
export type Applied = (
  | { readonly result: 'written'; readonly entry: LedgerEntry; readonly committedAt: number }
  | { readonly result: 'unchanged' | 'dropped'; readonly entry: LedgerEntry | null }
  | { readonly result: 'failed'; readonly error: unknown }
) & { readonly reason: Verdict['reason'] | 'failed'; readonly made: MadeFact | null }

export type ApplyDeps = {
  readonly prefix: string
  /** By KV key; a task without an entry is left out. */
  readonly readLedger: (keys: readonly string[]) => Promise<ReadonlyMap<string, LedgerRead>>
  readonly submit: Submit
  readonly now: () => number
  readonly random: () => number
  readonly sleep: (ms: number) => Promise<void>
}

const attempts = 5
const firstPauseMs = 50

/**
 * Judges tasks against the ledger and writes what passes, with one result per ARN. Somebody else's write in between (a
 * conflict) makes the task be read and judged again. Never throws: a failure is the result of the tasks that it hit.
 */
export async function applyFacts(
  pending: readonly Pending[],
  deps: ApplyDeps,
): Promise<ReadonlyMap<string, Applied>> {
  const done = new Map<string, Applied>()
  // Checks of services that somebody else deleted: setting them would fail the task's whole transaction.
  const lost = new Map<string, Set<number>>()
  let open = pending
  for (let attempt = 1; open.length > 0; attempt++) {
    if (attempt > 1) await deps.sleep(deps.random() * firstPauseMs * 2 ** attempt)
    const results = await round(open, lost, deps)
    for (const [arn, result] of results) if (result !== 'again') done.set(arn, result)
    open = open.filter(({ arn }) => results.get(arn) === 'again')
    if (attempt === attempts) {
      for (const { arn } of open) done.set(arn, failed(lostTooOften(arn)))
      return done
    }
  }
  return done
}

type RoundResult = Applied | 'again'

async function round(
  pending: readonly Pending[],
  lost: Map<string, Set<number>>,
  deps: ApplyDeps,
): Promise<ReadonlyMap<string, RoundResult>> {
  const results = new Map<string, RoundResult>()
  const plans = new Map<TaskPlan, Judged>()
  try {
    const ledger = await deps.readLedger(pending.map(({ key }) => ledgerKey(deps.prefix, key)))
    for (const task of pending) {
      const before = ledger.get(ledgerKey(deps.prefix, task.key)) ?? { entry: null, index: 0 }
      const judged = judge(task, before, lost, deps.prefix)
      if ('plan' in judged) plans.set(judged.plan, judged)
      else results.set(task.arn, judged)
    }
    const outcomes = await deps.submit([...plans.keys()])
    for (const [plan, judged] of plans) {
      results.set(plan.arn, settle(judged, outcomes.get(plan), lost, deps.now()))
    }
  } catch (error) {
    for (const { arn } of pending) if (!results.has(arn)) results.set(arn, failed(error))
  }
  return results
}

type Judged = { readonly plan: TaskPlan; readonly made: MadeFact; readonly reason: Verdict['reason'] }

function judge(
  task: Pending,
  before: LedgerRead,
  lost: ReadonlyMap<string, ReadonlySet<number>>,
  prefix: string,
): Judged | Applied {
  try {
    const made = task.make(before.entry)
    const verdict = gate(before.entry, made.fact)
    if (verdict.action !== 'write') {
      const result = verdict.action === 'drop' ? 'dropped' : 'unchanged'
      return { result, reason: verdict.reason, entry: before.entry, made }
    }
    const plan = taskPlan(prefix, task, before, transition(before.entry, made.fact))
    return { plan: without(plan, lost.get(task.arn)), made, reason: verdict.reason }
  } catch (error) {
    return failed(error)
  }
}

function without(plan: TaskPlan, ops: ReadonlySet<number> | undefined): TaskPlan {
  return ops === undefined ? plan : { ...plan, ops: plan.ops.filter((_, index) => !ops.has(index)) }
}

function settle(
  { plan, made, reason }: Judged,
  outcome: PlanOutcome | undefined,
  lost: Map<string, Set<number>>,
  now: number,
): RoundResult {
  if (outcome === undefined) return failed(new Error(`Nothing is known of the write of task ${plan.arn}.`))
  if (outcome.result === 'committed')
    return { result: 'written', entry: plan.entry, committedAt: now, reason, made }
  if (outcome.result === 'conflict') return 'again'
  if (outcome.result === 'unknown') return failed(outcome.error)
  if (outcome.result === 'missing-service' && plan.entry.phase === 'draining' && !lost.has(plan.arn)) {
    lost.set(plan.arn, new Set(outcome.ops))
    return 'again'
  }
  return failed(writeRefused(plan.arn, outcome.result, outcome.words))
}

function writeRefused(arn: string, kind: string, words: string): QuaysideError {
  if (kind === 'denied') {
    const remedy = 'The token needs write access to the key prefix, the services and their checks.'
    return new QuaysideError('CONSUL_DENIED', `Consul refused to write task ${arn}: ${words}. ${remedy}`)
  }
  return new QuaysideError('CONSUL_REFUSED', `Consul refused to write task ${arn}: ${words}.`)
}

function lostTooOften(arn: string): QuaysideError {
  return new QuaysideError(
    'CONSUL_CONFLICT',
    `Task ${arn} was written by others ${attempts} times meanwhile.`,
  )
}

function failed(error: unknown): Applied {
  return { result: 'failed', reason: 'failed', error, made: null }
}
