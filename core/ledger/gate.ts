import type { Fact } from './fact.ts'
import type { LedgerEntry } from './ledger.ts'

/** What to do with a fact, and why: the reason is constant per rule and stands in logs. */
export type Verdict =
  | {
      readonly action: 'write'
      readonly reason: 'first' | 'newer' | 'read-later' | 'host' | 'absent' | 'reappeared'
    }
  | { readonly action: 'unchanged'; readonly reason: 'same' | 'nothing-wanted' }
  | {
      readonly action: 'drop'
      readonly reason:
        | 'starting'
        | 'older'
        | 'one-way'
        | 'event-never-wins'
        | 'read-too-early'
        | 'host-lost'
        | 'unknown'
    }

/**
 * Judges a fact against the ledger. Versions order everything; at the same version a read wins over what was known before it
 * began, an event never; what ECS said of a stop is final; and a lost host beats every read of the same version.
 */
export function gate(entry: LedgerEntry | null, fact: Fact): Verdict {
  if (fact.phase === 'starting') return { action: 'drop', reason: 'starting' }
  if (entry === null) return first(fact)
  if (fact.source === 'host-loss') return hostLoss(entry)
  if (fact.source === 'host-warning') return hostWarning(entry)
  if (fact.source === 'absence') return absence(entry, fact)
  if (fact.version < entry.version) return { action: 'drop', reason: 'older' }
  if (entry.phase === 'gone') return afterGone(entry, fact)
  if (goesBack(entry, fact)) return { action: 'drop', reason: 'one-way' }
  if (fact.version > entry.version) return { action: 'write', reason: 'newer' }
  return sameVersion(entry, fact)
}

function first(fact: Fact): Verdict {
  if (['absence', 'host-loss', 'host-warning'].includes(fact.source))
    return { action: 'drop', reason: 'unknown' }
  const idle = fact.phase === 'live' && fact.wanted.instances.length === 0
  return idle ? { action: 'unchanged', reason: 'nothing-wanted' } : { action: 'write', reason: 'first' }
}

function hostLoss(entry: LedgerEntry): Verdict {
  if (entry.phase === 'gone') return { action: 'drop', reason: 'one-way' }
  return entry.reason === 'host-loss'
    ? { action: 'unchanged', reason: 'same' }
    : { action: 'write', reason: 'host' }
}

/** Whatever drains already drains for a reason that is at least as good. */
function hostWarning(entry: LedgerEntry): Verdict {
  if (entry.phase === 'gone') return { action: 'drop', reason: 'one-way' }
  return entry.phase === 'draining'
    ? { action: 'unchanged', reason: 'same' }
    : { action: 'write', reason: 'host' }
}

function absence(entry: LedgerEntry, fact: Fact): Verdict {
  if (entry.phase === 'gone') return { action: 'unchanged', reason: 'same' }
  if (fact.version < entry.version) return { action: 'drop', reason: 'older' }
  return fact.at > entry.at
    ? { action: 'write', reason: 'absent' }
    : { action: 'drop', reason: 'read-too-early' }
}

/** Gone by ECS is final. Gone by absence was a conclusion, and yields to any explicit statement that isn't older. */
function afterGone(entry: LedgerEntry, fact: Fact): Verdict {
  if (fact.phase === 'gone') {
    return fact.version > entry.version
      ? { action: 'write', reason: 'newer' }
      : { action: 'unchanged', reason: 'same' }
  }
  return entry.reason === 'missing'
    ? { action: 'write', reason: 'reappeared' }
    : { action: 'drop', reason: 'one-way' }
}

function goesBack(entry: LedgerEntry, fact: Fact): boolean {
  return entry.phase === 'draining' && entry.reason === 'ecs' && fact.phase === 'live'
}

function sameVersion(entry: LedgerEntry, fact: Fact): Verdict {
  if (isByHost(entry) && fact.phase !== 'gone') {
    return fact.source === 'host-back'
      ? { action: 'write', reason: 'host' }
      : { action: 'drop', reason: 'host-lost' }
  }
  if (isSame(entry, fact)) return { action: 'unchanged', reason: 'same' }
  if (fact.source === 'event') return { action: 'drop', reason: 'event-never-wins' }
  return fact.at > entry.at
    ? { action: 'write', reason: 'read-later' }
    : { action: 'drop', reason: 'read-too-early' }
}

/** A guess about the task from its host, which a read of the same version doesn't undo. */
export function isByHost({ reason }: Pick<LedgerEntry, 'reason'>): boolean {
  return reason === 'host-loss' || reason === 'host-warning'
}

function isSame(entry: LedgerEntry, fact: Fact): boolean {
  if (entry.phase !== fact.phase) return false
  return fact.phase !== 'live' || fact.wanted.hash === entry.hash
}
