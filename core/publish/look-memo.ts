import type { JudgedService, JudgeProblem } from '../catalog/judge.ts'
import { type GuardContext, type Guarded, guardService } from '../guard/guard.ts'
import type { GuardMemory, ServiceMemory } from '../guard/memory.ts'
import { type PartedMap, partedMap } from '../parted-map.ts'
import { isSameList, type Server, type SourceKey } from '../release/endpoints.ts'
import type { Live } from '../route/tenure.ts'
import { createOwners, type Owners } from './owners.ts'

type Services = GuardMemory['services']

/** What one look is about. */
export type Seen = {
  readonly services: ReadonlyMap<SourceKey, JudgedService>
  readonly followed: ReadonlySet<SourceKey>
  readonly before: Services
}

export type Told = Guarded & { readonly source: SourceKey }

/** The servers of every service that is remembered, which of these count as live, and what was wrong with instances. */
type Taken = {
  readonly servers: PartedMap<readonly Server[]>
  readonly live: Live
  readonly problems: readonly JudgeProblem[]
}

type Last = Taken & {
  readonly after: Services
  readonly followed: ReadonlySet<SourceKey>
  /** Services with something held, asked or waited for: they are guarded each time. */
  readonly doubtful: readonly SourceKey[]
  readonly problemsBy: PartedMap<readonly JudgeProblem[]>
}

/**
 * What earlier looks came to, so that a look costs what changed. It never changes a result: with an empty one the same comes
 * out. What is equal to what it was is the same object as it was.
 */
export type LookMemo = {
  /** By what a service was judged to be: the memory with which nothing about it is in doubt. */
  readonly settled: WeakMap<JudgedService, ServiceMemory>
  readonly owners: Owners
  last: Last | null
}

export function createLookMemo(): LookMemo {
  return { settled: new WeakMap(), owners: createOwners(), last: null }
}

/** What the last look left, if this one goes on from there. */
function lastOf({ last }: LookMemo, { before, followed }: Seen): Last | null {
  return last !== null && last.after === before && last.followed === followed ? last : null
}

/** All services, or only those that changed and those that were in doubt. */
export function sourcesToGuard(
  memo: LookMemo,
  seen: Seen,
  changed: readonly SourceKey[] | null,
): ReadonlySet<SourceKey> {
  const last = lastOf(memo, seen)
  if (last === null || changed === null) return new Set(seen.services.keys())
  return new Set([...changed, ...last.doubtful].filter((source) => seen.services.has(source)))
}

/**
 * Guards a service, unless it is settled: with the same entries and the memory that came of them, and nothing held, asked or waited
 * for, neither time nor evidence nor another service's entries make a difference.
 */
export function guardOnce(
  { settled }: LookMemo,
  { services, before }: Seen,
  source: SourceKey,
  context: GuardContext,
): readonly Told[] {
  const judged = services.get(source)
  if (judged === undefined) return []
  const known = before.get(source)
  if (known !== undefined && settled.get(judged) === known) return []
  const guarded = guardService(judged, known, context)
  if (!isDoubtful(guarded)) settled.set(judged, guarded.memory)
  return [{ source, ...guarded }]
}

function isDoubtful({ holds, questions, wakeAt }: Guarded): boolean {
  return holds.length > 0 || questions.length > 0 || wakeAt !== null
}

/** Services that are remembered, but neither read nor followed any more. */
export function unfollowed(memo: LookMemo, seen: Seen): readonly SourceKey[] {
  if (lastOf(memo, seen) !== null) return []
  const { services, followed, before } = seen
  return [...before.keys()].filter((source) => !services.has(source) && !followed.has(source))
}

/** Takes the servers out of `after`, and remembers all of it for the next look. */
export function settle(
  memo: LookMemo,
  seen: Seen,
  after: Services,
  told: readonly Told[],
  guarded: ReadonlySet<SourceKey>,
): Taken {
  const last = lastOf(memo, seen)
  const servers = serversIn(last, after, told)
  const live = liveIn(last, servers, told)
  const problemsBy = problemsIn(last, seen, guarded)
  const problems = problemsBy === last?.problemsBy ? last.problems : [...problemsBy].flatMap(([, own]) => own)
  const doubtful = told.filter(isDoubtful).map(({ source }) => source)
  memo.last = { after, followed: seen.followed, servers, live, problems, problemsBy, doubtful }
  return { servers, live, problems }
}

function serversIn(last: Last | null, after: Services, told: readonly Told[]): Taken['servers'] {
  const before = last?.servers ?? partedMap<readonly Server[]>()
  const changed = last === null ? after.keys() : told.map(({ source }) => source)
  const lists = [...changed].map((source) => [source, listOf(after.get(source), before.get(source))] as const)
  return before.with(lists)
}

function listOf(memory: ServiceMemory | undefined, before: readonly Server[] | undefined): readonly Server[] {
  const servers = (memory?.members ?? []).map(({ server }) => server)
  return before !== undefined && isSameList(before, servers) ? before : servers
}

/** A service that drains as a whole serves as long as it can, but a place of its goes to whoever claims it and stays. */
function liveIn(last: Last | null, servers: Taken['servers'], told: readonly Told[]): Live {
  const leaving = new Set(told.flatMap((one) => (one.leaving ? [one.source] : [])))
  const live = {
    has: (source: SourceKey) => (servers.get(source)?.length ?? 0) > 0 && !leaving.has(source),
  }
  // Those that were leaving are in doubt, and so among those that were told of.
  return last !== null && told.every(({ source }) => last.live.has(source) === live.has(source))
    ? last.live
    : live
}

function problemsIn(
  last: Last | null,
  { services }: Seen,
  guarded: ReadonlySet<SourceKey>,
): Last['problemsBy'] {
  const before = last?.problemsBy ?? partedMap<readonly JudgeProblem[]>()
  const own = [...guarded].map((source) => [source, services.get(source)?.problems ?? []] as const)
  const some = own.filter(([, problems]) => problems.length > 0)
  const none = own.filter(([, problems]) => problems.length === 0).map(([source]) => source)
  return before.with(some, none)
}
