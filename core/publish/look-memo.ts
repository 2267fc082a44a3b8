import type { JudgedService } from '../catalog/judge.ts'
import { type GuardContext, type Guarded, guardService } from '../guard/guard.ts'
import type { GuardMemory, ServiceMemory } from '../guard/memory.ts'
import { isSameList, type Server, type SourceKey } from '../release/endpoints.ts'

type Services = GuardMemory['services']

/** The servers of every service that is remembered, and the services that have any. */
export type Taken = {
  readonly servers: ReadonlyMap<SourceKey, readonly Server[]>
  readonly live: ReadonlySet<SourceKey>
}

/**
 * What earlier looks came to, so that a look costs what changed. It never changes a result: with an empty one the same comes
 * out. What is equal to what it was is the same object as it was.
 */
export type LookMemo = {
  /** By what a service was judged to be: the memory with which nothing about it is in doubt. */
  readonly settled: WeakMap<JudgedService, ServiceMemory>
  last: (Taken & { readonly services: Services }) | null
}

export function createLookMemo(): LookMemo {
  return { settled: new WeakMap(), last: null }
}

/**
 * Guards a service. With nothing held, asked or waited for it is settled: the same entries with the memory that came out need
 * not be guarded again, because neither time nor evidence nor another service's entries make a difference.
 */
export function guardAndSettle(
  { settled }: LookMemo,
  judged: JudgedService,
  known: ServiceMemory | undefined,
  context: GuardContext,
): Guarded {
  const guarded = guardService(judged, known, context)
  const { holds, questions, wakeAt, memory } = guarded
  if (holds.length === 0 && questions.length === 0 && wakeAt === null) settled.set(judged, memory)
  return guarded
}

/** Takes the servers out of `after`, which is `before` with what `told` says and without what is no longer followed. */
export function takeServers(
  memo: LookMemo,
  before: Services,
  after: Services,
  told: readonly { readonly source: SourceKey }[],
): Taken {
  const { last } = memo
  const known = last?.services === before ? last : null
  if (known !== null && after === before) return known
  const changed = known === null ? after.keys() : told.map(({ source }) => source)
  const servers = new Map(known?.servers)
  for (const source of servers.keys()) if (!after.has(source)) servers.delete(source)
  for (const source of changed) servers.set(source, listOf(after.get(source), servers.get(source)))
  const taken = { services: after, servers, live: liveIn(servers) }
  memo.last = taken
  return taken
}

function listOf(memory: ServiceMemory | undefined, before: readonly Server[] | undefined): readonly Server[] {
  const servers = (memory?.members ?? []).map(({ server }) => server)
  return before !== undefined && isSameList(before, servers) ? before : servers
}

function liveIn(servers: Taken['servers']): ReadonlySet<SourceKey> {
  const live = new Set<SourceKey>()
  for (const [source, list] of servers) if (list.length > 0) live.add(source)
  return live
}
