import type { Instance } from '../task/instance.ts'
import type { ContainerHealth, TaskKey, TaskPhase } from './ledger.ts'

/**
 * Where a fact about a task comes from: an event; a DescribeTasks answer; the lack of an answer (twice); a lost host, one that
 * EC2 announces to take away, or one that is usable again together with a fresh read of the task.
 */
export type FactSource = 'event' | 'read' | 'absence' | 'host-loss' | 'host-warning' | 'host-back'

/** What a live task wants in the catalog, with the digest of it. */
export type Wanted = {
  readonly instances: readonly Instance[]
  readonly health: Readonly<Record<string, ContainerHealth>>
  readonly host: string | null
  readonly group: string
  readonly hash: string
}

/** One thing that was learnt about a task, ready to be judged against the ledger. */
export type Fact = {
  readonly key: TaskKey
  readonly arn: string
  /** For absence and host loss the ledger's own: they carry no version. */
  readonly version: number
  readonly source: FactSource
  /** Unix milliseconds of the event, or of the start of the read. */
  readonly at: number
} & (
  | { readonly phase: 'live'; readonly wanted: Wanted }
  | { readonly phase: Exclude<TaskPhase, 'live'> | 'starting' }
)
