/**
 * The ledger: what Quayside knows of one ECS task, kept in Consul's KV beside the catalog entries it explains.
 * Registering writes it, reconciling repairs it, and the publisher's guard reads it as proof.
 */
export type TaskKey = {
  readonly account: string
  readonly region: string
  /** The cluster's name, lower case, as it stands in the node name and in every key. */
  readonly cluster: string
  readonly taskId: string
}

/** Where a task stands. *starting* is never written: nothing is known to be reachable before RUNNING. */
export type TaskPhase = 'live' | 'draining' | 'gone'

/**
 * Who says so: ECS itself, a lost host (a guess that a better fact may undo), a host that is about to be taken away and serves until then,
 * or an absence from two reads.
 */
export type PhaseReason = 'ecs' | 'host-loss' | 'host-warning' | 'missing'

/** One instance that the task has in the catalog: enough to drain or delete it without looking anything up. */
export type LedgerInstance = {
  readonly id: string
  readonly service: string
  /** Digest of the check definition that was stored for consul-esm; not there where there is none. */
  readonly stored?: string
}

export type LedgerEntry = {
  /** ECS's own counter for the task; events are ordered by it and by nothing else. */
  readonly version: number
  readonly phase: TaskPhase
  readonly reason: PhaseReason
  /** Digest of what was written to the catalog for this version: the same digest means that nothing is to be written. */
  readonly hash: string
  /** The last health read per container name, for containers that declare a health check. */
  readonly health: Readonly<Record<string, ContainerHealth>>
  readonly instances: readonly LedgerInstance[]
  /** EC2 instance id, where the task runs on one. */
  readonly host: string | null
  /** ECS's group of the task, such as `service:web`; not there in entries of before it was kept. */
  readonly group?: string
  /** When the fact was observed: Unix milliseconds of the event or of the start of the read. */
  readonly at: number
}

/**
 * Stands for an entry that somebody else overwrote: it says that nothing is known, so that whatever ECS says of the task overrules it
 * and is written in its place. One such key must not stop the tasks that were read with it.
 */
export const unreadableEntry: LedgerEntry = {
  version: 0,
  phase: 'live',
  reason: 'ecs',
  hash: 'unreadable',
  health: {},
  instances: [],
  host: null,
  at: 0,
}

export type ContainerHealth = 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN'
