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
 * Judges tasks that ECS says it doesn't know. Absence is a doubt: a task last seen running is gone only when a second read, at
 * least 30 s later, says so too; many at once wait ten minutes; and a cluster that seems empty while tasks of it are known to
 * live is a contradiction that only an operator's override resolves, never repetition.
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
  const marks = Object.fromEntries([...missing.keys()].map((id) => [id, before[id] ?? pass.at]))
  const contradiction = pass.listed === 0 && [...missing.values()].some(({ phase }) => phase === 'live')
  const many = missing.size > Math.max(breakerTasks, breakerShare * pass.known)
  const waitMs = many ? breakerMs : secondLookMs
  const gone: string[] = []
  const held: AbsenceVerdict['held'][number][] = []
  for (const [taskId, entry] of missing) {
    const age = pass.at - (marks[taskId] ?? pass.at)
    const stopping = entry.phase === 'draining' && entry.reason === 'ecs'
    if (contradiction && !pass.override) held.push({ taskId, reason: 'contradiction' })
    else if (pass.override || (stopping && !many) || age >= waitMs) gone.push(taskId)
    else held.push({ taskId, reason: many && age >= secondLookMs ? 'breaker' : 'first-look' })
  }
  for (const taskId of gone) delete marks[taskId]
  return { gone, marks, held }
}
