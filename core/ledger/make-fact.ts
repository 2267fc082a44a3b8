import type { TaskDefinition } from '../task/definition.ts'
import { desiredInstances, type Registrar } from '../task/desired.ts'
import { mergeHealth } from '../task/health.ts'
import type { InstanceProblem } from '../task/instance.ts'
import { phaseOf } from '../task/phase.ts'
import type { TaskHost } from '../task/ports.ts'
import type { Observation } from '../task/task.ts'
import type { Fact, FactSource } from './fact.ts'
import type { LedgerEntry } from './ledger.ts'
import { wantedHash } from './transition.ts'

/** What had to be looked up for a live task. */
export type Resolved = { readonly definition: TaskDefinition; readonly host: TaskHost | null }

export type MadeFact = { readonly fact: Fact; readonly problems: readonly InstanceProblem[] }

/** Turns what was seen of a task into a fact. Only a live task needs lookups; throws TASK_UNRESOLVED where they are missing. */
export function taskFact(
  seen: Observation,
  resolve: () => Resolved,
  entry: LedgerEntry | null,
  registrar: Registrar,
  source: FactSource = seen.source,
): MadeFact {
  const { task, at } = seen
  const base = { key: task.key, arn: task.arn, version: task.version, source, at }
  const phase = phaseOf(task)
  if (phase !== 'live') return { fact: { ...base, phase }, problems: [] }
  const { definition, host } = resolve()
  const health = mergeHealth(task, definition, entry?.health ?? {})
  const { instances, problems } = desiredInstances({ task, definition, host, health }, registrar)
  const instanceId = host?.instanceId ?? null
  const wanted = {
    instances,
    health,
    host: instanceId,
    group: task.group,
    hash: wantedHash(instances, instanceId),
  }
  return { fact: { ...base, phase, wanted }, problems }
}

/** The fact that a task's host is lost: at the ledger's version, because nobody counted one for it. */
export function hostLossFact(task: Pick<Fact, 'key' | 'arn'>, entry: LedgerEntry | null, at: number): Fact {
  const { key, arn } = task
  return { key, arn, version: entry?.version ?? 0, source: 'host-loss', at, phase: 'draining' }
}

/** The fact that a task's host is about to be taken away: it drains, and serves on where nobody else does. */
export function hostWarningFact(
  task: Pick<Fact, 'key' | 'arn'>,
  entry: LedgerEntry | null,
  at: number,
): Fact {
  return { ...hostLossFact(task, entry, at), source: 'host-warning' }
}

/** The conclusion, from two reads, that ECS doesn't know the task any more. */
export function absenceFact(task: Pick<Fact, 'key' | 'arn'>, entry: LedgerEntry | null, at: number): Fact {
  const { key, arn } = task
  return { key, arn, version: entry?.version ?? 0, source: 'absence', at, phase: 'gone' }
}
