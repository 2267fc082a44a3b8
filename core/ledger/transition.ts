import { digestOf } from '../canonical.ts'
import type { Instance } from '../task/instance.ts'
import type { StoredCheck } from '../task/stored-check.ts'
import type { Fact, Wanted } from './fact.ts'
import type { LedgerEntry, LedgerInstance, PhaseReason } from './ledger.ts'

/** The next ledger entry and what has to happen in the catalog for it, all in one transaction. */
export type Transition = {
  readonly entry: LedgerEntry
  /** Set with their checks; empty where the catalog has them already. */
  readonly set: Wanted['instances']
  /** Their checks turn critical. */
  readonly drain: readonly LedgerInstance[]
  readonly remove: readonly LedgerInstance[]
  /** Check definitions for consul-esm that aren't there, or are there otherwise; null is one that isn't wanted any more. */
  readonly store: readonly StoredWrite[]
}

export type StoredWrite = {
  readonly id: string
  readonly service: string
  readonly check: StoredCheck | null
  /** Whether one was there before: what consul-esm found is then carried over. */
  readonly known: boolean
}

/** What a fact that passed the gate turns the ledger into. Draining and gone are built from the ledger alone, without lookups. */
export function transition(before: LedgerEntry | null, fact: Fact): Transition {
  if (fact.phase === 'live') return toLive(before, fact, fact.wanted)
  const known = before?.instances ?? []
  const phase = fact.phase === 'gone' ? 'gone' : 'draining'
  const entry: LedgerEntry = {
    version: Math.max(fact.version, before?.version ?? 0),
    phase,
    reason: reasonOf(fact),
    hash: digestOf({ phase, reason: reasonOf(fact) }),
    health: {},
    instances: phase === 'gone' ? [] : known,
    host: before?.host ?? null,
    ...(before?.group === undefined ? {} : { group: before.group }),
    at: fact.at,
  }
  return phase === 'gone'
    ? { entry, set: [], drain: [], remove: known, store: [] }
    : { entry, set: [], drain: alreadyDrained(before, entry) ? [] : known, remove: [], store: [] }
}

function toLive(before: LedgerEntry | null, fact: Fact, wanted: Wanted): Transition {
  const entry: LedgerEntry = {
    version: fact.version,
    phase: 'live',
    reason: 'ecs',
    hash: wanted.hash,
    health: wanted.health,
    instances: wanted.instances.map(ledgerInstance),
    host: wanted.host,
    group: wanted.group,
    at: fact.at,
  }
  const same = before?.phase === 'live' && before.hash === wanted.hash
  const kept = new Set(wanted.instances.map(({ id }) => id))
  return {
    entry,
    // The ledger's write and the catalog's were one transaction, so the same digest means that it is there already.
    set: same ? [] : wanted.instances,
    drain: [],
    remove: (before?.instances ?? []).filter(({ id }) => !kept.has(id)),
    store: wanted.instances.flatMap((instance) => storedWrite(before, instance)),
  }
}

function ledgerInstance({ id, service, storedCheck }: Instance): LedgerInstance {
  return storedCheck === null ? { id, service } : { id, service, stored: storedCheck.digest }
}

function storedWrite(
  before: LedgerEntry | null,
  { id, service, storedCheck }: Instance,
): readonly StoredWrite[] {
  const known = before?.instances.find((one) => one.id === id)?.stored
  return known === storedCheck?.digest
    ? []
    : [{ id, service, check: storedCheck, known: known !== undefined }]
}

/** The digest that stands for what a live task has in the catalog. */
export function wantedHash(instances: Wanted['instances'], host: string | null): string {
  return digestOf({ phase: 'live', instances, host })
}

function reasonOf(fact: Fact): PhaseReason {
  if (fact.source === 'host-loss' || fact.source === 'host-warning') return fact.source
  return fact.source === 'absence' ? 'missing' : 'ecs'
}

function alreadyDrained(before: LedgerEntry | null, after: LedgerEntry): boolean {
  return before?.phase === 'draining' && before.hash === after.hash
}
