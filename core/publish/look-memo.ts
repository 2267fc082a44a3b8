import type { JudgedService } from '../catalog/judge.ts'
import type { Guarded } from '../guard/guard.ts'
import type { GuardMemory, ServiceMemory } from '../guard/memory.ts'
import { isSameServer, type Server, type SourceKey } from '../release/endpoints.ts'

type Servers = Readonly<Record<SourceKey, readonly Server[]>>

/**
 * What earlier looks came to, so that a look costs what changed. It never changes a result: with an empty one the same comes
 * out. What is equal to what it was is the same object as it was.
 */
export type LookMemo = {
  /** By what a service was judged to be: the memory with which nothing about it is in doubt. */
  readonly settled: WeakMap<JudgedService, ServiceMemory>
  readonly lists: Map<SourceKey, readonly Server[]>
  last: { readonly services: GuardMemory['services']; readonly servers: Servers } | null
}

export function createLookMemo(): LookMemo {
  return { settled: new WeakMap(), lists: new Map(), last: null }
}

/**
 * Guards a service, unless nothing about it can have changed: the same entries were guarded before, with nothing held, asked
 * or waited for. Neither time nor evidence nor another service's entries then make a difference.
 */
export function guardOnce(
  memo: LookMemo,
  judged: JudgedService,
  known: ServiceMemory | undefined,
  guard: () => Guarded,
): Guarded {
  if (known !== undefined && memo.settled.get(judged) === known) return quiet(known)
  const guarded = guard()
  const { holds, questions, wakeAt, memory } = guarded
  if (holds.length === 0 && questions.length === 0 && wakeAt === null) memo.settled.set(judged, memory)
  return guarded
}

function quiet(memory: ServiceMemory): Guarded {
  return { memory, holds: [], left: [], questions: [], wakeAt: null }
}

/** The servers of every service that is remembered. */
export function serversOnce(memo: LookMemo, services: GuardMemory['services']): Servers {
  if (memo.last?.services === services) return memo.last.servers
  const lists = Object.entries(services).map(([source, { members }]) => {
    const servers = members.map(({ server }) => server)
    const before = memo.lists.get(source)
    return [source, before !== undefined && isSameList(before, servers) ? before : servers] as const
  })
  memo.lists.clear()
  for (const [source, servers] of lists) memo.lists.set(source, servers)
  const servers = Object.fromEntries(lists)
  memo.last = { services, servers }
  return servers
}

function isSameList(a: readonly Server[], b: readonly Server[]): boolean {
  return a.length === b.length && a.every((server, at) => isSameServer(server, b[at]))
}
