import { isByHost } from '../ledger/gate.ts'
import type { LedgerEntry } from '../ledger/ledger.ts'

/** Task ids that ECS didn't know, with the Unix milliseconds at which that was first seen. */
export type AbsenceMarks = Readonly<Record<string, number>>

/** What a pass concludes from absences: which tasks are gone, what to remember, and why others have to wait. */
export type AbsenceVerdict = {
  readonly gone: readonly string[]
  readonly marks: AbsenceMarks
  readonly held: readonly {
    readonly taskId: string
    readonly reason: 'first-look' | 'breaker' | 'contradiction'
  }[]
}

const secondLookMs = 30_000
const breakerMs = 10 * 60_000
const breakerTasks = 10
const breakerShare = 0.3

/**
 * Judges tasks that ECS says it doesn't know. Absence is a doubt: a task is gone only when a second read, at least 30 s later, says so
 * too, one that is draining as well, because until it is gone it may still be answering; many at once wait ten minutes; and a cluster
 * that seems empty while tasks of it are known to live is a contradiction that only an operator's override resolves, never
 * repetition. What was read in such a pass is evidence of nothing, so the waiting for a second read begins anew after it.
 */
export function judgeAbsences(
  missing: ReadonlyMap<string, LedgerEntry>,
  before: AbsenceMarks,
  pass: {
    readonly at: number
    /** Tasks that aren't gone by the ledger. */
    readonly known: number
    /** Tasks that ECS listed. */
    readonly listed: number
    readonly override: boolean
  },
): AbsenceVerdict {
  const contradiction = pass.listed === 0 && [...missing.values()].some(mayLive)
  if (contradiction && !pass.override) return contradicted(missing)
  const marks = Object.fromEntries([...missing.keys()].map((id) => [id, before[id] ?? pass.at]))
  const many = missing.size > Math.max(breakerTasks, breakerShare * pass.known)
  const waitMs = many ? breakerMs : secondLookMs
  const gone: string[] = []
  const held: AbsenceVerdict['held'][number][] = []
  for (const taskId of missing.keys()) {
    const age = pass.at - (marks[taskId] ?? pass.at)
    if (pass.override || age >= waitMs) gone.push(taskId)
    else held.push({ taskId, reason: many && age >= secondLookMs ? 'breaker' : 'first-look' })
  }
  for (const taskId of gone) delete marks[taskId]
  return { gone, marks, held }
}

function contradicted(missing: ReadonlyMap<string, LedgerEntry>): AbsenceVerdict {
  const held = [...missing.keys()].map((taskId) => ({ taskId, reason: 'contradiction' as const }))
  return { gone: [], marks: {}, held }
}

/** A task of a lost host drains on a guess: it may be running as before. */
function mayLive(entry: LedgerEntry): boolean {
  return entry.phase === 'live' || (entry.phase === 'draining' && isByHost(entry))
}
