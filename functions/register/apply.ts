import type { PlanOutcome, Submit } from '../../adapters/consul/submit.ts'
import { isRetryable, QuaysideError } from '../../core/errors.ts'
import { gate, type Verdict } from '../../core/ledger/gate.ts'
import { type ClusterKey, ledgerKey } from '../../core/ledger/keys.ts'
import type { LedgerEntry, LedgerInstance, TaskKey } from '../../core/ledger/ledger.ts'
import type { MadeFact } from '../../core/ledger/make-fact.ts'
import { type Transition, transition } from '../../core/ledger/transition.ts'
import type { FoundCheck } from '../../core/txn/stored-op.ts'
import { type TaskPlan, taskPlan } from '../../core/txn/task-plan.ts'

export type LedgerRead = { readonly entry: LedgerEntry | null; readonly index: number }

/** A task to be judged once its ledger entry is read; `make` runs again after each conflict, with the entry of then. */
export type Pending = {
  readonly arn: string
  readonly key: TaskKey
  readonly make: (entry: LedgerEntry | null) => MadeFact
}

/** What became of a task, and why. `before` is what the ledger said until then. */
export type Applied = (
  | {
      readonly result: 'written'
      readonly before: LedgerEntry | null
      readonly entry: LedgerEntry
      readonly committedAt: number
    }
  | { readonly result: 'unchanged' | 'dropped'; readonly entry: LedgerEntry | null }
  | { readonly result: 'failed'; readonly error: unknown }
) & { readonly reason: Verdict['reason'] | 'failed'; readonly made: MadeFact | null }

export type ApplyDeps = {
  readonly prefix: string
  /** By KV key; a task without an entry is left out. */
  readonly readLedger: (keys: readonly string[]) => Promise<ReadonlyMap<string, LedgerRead>>
  readonly submit: Submit
  /** Checks that consul-esm runs for these instances, by service id; those that aren't there are left out. */
  readonly readStored: (
    cluster: ClusterKey,
    instances: readonly LedgerInstance[],
  ) => Promise<ReadonlyMap<string, FoundCheck>>
  readonly now: () => number
  readonly random: () => number
  readonly sleep: (ms: number) => Promise<void>
}

const attempts = 5
const firstPauseMs = 50

// A lost answer is worth a second look unless it took so long to get lost that the function's time is needed for other things.
const soonMs = 3_000

/** What earlier rounds learnt of tasks, by ARN. */
type Memory = {
  /** Checks of services that somebody else deleted: setting them would fail the task's whole transaction. */
  readonly lost: Map<string, ReadonlySet<number>>
  /** Writes of which no answer came. */
  readonly unsure: Map<string, Judged>
}

/**
 * Judges tasks against the ledger and writes what passes, with one result per ARN. Somebody else's write in between (a
 * conflict) makes the task be read and judged again; a lost answer does so once. Until the last attempt, nothing is taken out of a
 * service to which another of the tasks is still to be added. Never throws: a failure is the result of the tasks that it hit.
 */
export async function applyFacts(
  pending: readonly Pending[],
  deps: ApplyDeps,
): Promise<ReadonlyMap<string, Applied>> {
  const done = new Map<string, Applied>()
  const memory: Memory = { lost: new Map(), unsure: new Map() }
  let open = pending
  for (let attempt = 1; open.length > 0; attempt++) {
    if (attempt > 1) await deps.sleep(deps.random() * firstPauseMs * 2 ** attempt)
    const results = await round(open, memory, attempt, deps)
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
  memory: Memory,
  attempt: number,
  deps: ApplyDeps,
): Promise<ReadonlyMap<string, RoundResult>> {
  const results = new Map<string, RoundResult>()
  const plans = new Map<TaskPlan, Judged>()
  const began = deps.now()
  try {
    const ledger = await deps.readLedger(pending.map(({ key }) => ledgerKey(deps.prefix, key)))
    for (const task of pending) {
      const before = ledger.get(ledgerKey(deps.prefix, task.key)) ?? { entry: null, index: 0 }
      const judged = await judgeWithChecks(task, before, memory, attempt > 1, deps)
      if ('plan' in judged) plans.set(judged.plan, judged)
      else results.set(task.arn, judged)
    }
    const outcomes = await deps.submit([...plans.keys()], { holdBack: attempt < attempts })
    const soon = deps.now() - began < soonMs
    for (const [plan, judged] of plans) {
      results.set(plan.arn, settle(judged, outcomes.get(plan), memory, soon, deps.now()))
    }
  } catch (error) {
    for (const { arn } of pending) if (!results.has(arn)) results.set(arn, failed(error))
  }
  return results
}

type Judged = {
  readonly plan: TaskPlan
  readonly after: Transition
  readonly before: LedgerEntry | null
  readonly made: MadeFact
  readonly reason: Verdict['reason']
}

/**
 * A definition for consul-esm that replaces another, or that met one already, is written with what consul-esm found last. That takes
 * a look, which tasks without such definitions never cost.
 */
async function judgeWithChecks(
  task: Pending,
  before: LedgerRead,
  memory: Memory,
  again: boolean,
  deps: ApplyDeps,
): Promise<Judged | Applied> {
  const judged = judge(task, before, memory, deps, new Map())
  if (!('plan' in judged)) return judged
  const replaced = judged.after.store.filter(({ check, known }) => check !== null && (known || again))
  if (replaced.length === 0) return judged
  try {
    return judge(task, before, memory, deps, await deps.readStored(task.key, replaced))
  } catch (error) {
    return failed(error)
  }
}

function judge(
  task: Pending,
  before: LedgerRead,
  memory: Memory,
  { prefix, now }: Pick<ApplyDeps, 'prefix' | 'now'>,
  found: ReadonlyMap<string, FoundCheck>,
): Judged | Applied {
  try {
    const made = task.make(before.entry)
    const verdict = gate(before.entry, made.fact)
    if (verdict.action !== 'write') {
      const unsure = memory.unsure.get(task.arn)
      if (unsure !== undefined && isEntry(before.entry, unsure.plan.entry)) return written(unsure, now())
      const result = verdict.action === 'drop' ? 'dropped' : 'unchanged'
      return { result, reason: verdict.reason, entry: before.entry, made }
    }
    const after = transition(before.entry, made.fact)
    const plan = taskPlan(prefix, task, before, after, found)
    return {
      after,
      plan: without(plan, memory.lost.get(task.arn)),
      before: before.entry,
      made,
      reason: verdict.reason,
    }
  } catch (error) {
    return failed(error)
  }
}

/** Whether the write that nobody answered was carried out after all. */
function isEntry(found: LedgerEntry | null, own: LedgerEntry): boolean {
  return found !== null && found.version === own.version && found.hash === own.hash && found.at === own.at
}

function written({ plan, before, made, reason }: Judged, committedAt: number): Applied {
  return { result: 'written', before, entry: plan.entry, committedAt, reason, made }
}

function without(plan: TaskPlan, ops: ReadonlySet<number> | undefined): TaskPlan {
  return ops === undefined ? plan : { ...plan, ops: plan.ops.filter((_, index) => !ops.has(index)) }
}

function settle(
  judged: Judged,
  outcome: PlanOutcome | undefined,
  { lost, unsure }: Memory,
  soon: boolean,
  now: number,
): RoundResult {
  const { plan } = judged
  if (outcome === undefined) return failed(new Error(`Nothing is known of the write of task ${plan.arn}.`))
  if (outcome.result === 'committed') return written(judged, now)
  if (outcome.result === 'conflict' || outcome.result === 'held') return 'again'
  if (outcome.result === 'unknown') {
    if (!soon || unsure.has(plan.arn) || !isRetryable(outcome.error)) return failed(outcome.error)
    unsure.set(plan.arn, judged)
    return 'again'
  }
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
