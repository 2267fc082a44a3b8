import type { Judged, JudgedService, JudgeProblem, Verdict } from '../catalog/judge.ts'
import { followEpoch, isDistrusted } from '../guard/epoch.ts'
import type { Evidence } from '../guard/evidence.ts'
import type { GuardContext, Guarded, Hold, Left, Question } from '../guard/guard.ts'
import type { GuardMemory } from '../guard/memory.ts'
import { type ClusterKey, stampKey } from '../ledger/keys.ts'
import type { Server, SourceKey } from '../release/endpoints.ts'
import type { GuardSettings } from '../settings/settings.ts'
import { createLookMemo, guardAndSettle, type LookMemo, takeServers } from './look-memo.ts'

export type LookSettings = {
  readonly prefix: string
  readonly clusters: readonly ClusterKey[]
  readonly guard: GuardSettings
}

/** Who takes traffic now, service by service, and what is in doubt. */
export type Look = {
  readonly memory: GuardMemory
  readonly servers: ReadonlyMap<SourceKey, readonly Server[]>
  /** Sources with at least one server, unless all that they have is draining for good. */
  readonly live: ReadonlySet<SourceKey>
  readonly holds: readonly (Hold & { readonly source: SourceKey })[]
  /** Who left since the look before, and why. */
  readonly left: readonly (Left & { readonly source: SourceKey })[]
  readonly questions: readonly Question[]
  /** Unix milliseconds at which time alone changes something. */
  readonly wakeAt: number | null
  readonly problems: readonly JudgeProblem[]
}

/**
 * Applies the guard to every service that was read. A followed service that could not be read yet is not among `services`, and
 * stays as it was remembered: nothing is known of it, which isn't nothing.
 */
export function lookAt(
  services: ReadonlyMap<SourceKey, JudgedService>,
  followed: ReadonlySet<SourceKey>,
  memory: GuardMemory,
  evidence: Evidence | null,
  settings: LookSettings,
  now: number,
  memo: LookMemo = createLookMemo(),
): Look {
  const stampKeys = settings.clusters.map((cluster) => stampKey(settings.prefix, cluster))
  const epoch = followEpoch(memory.epoch, evidence, stampKeys, now)
  const context: GuardContext = {
    now,
    settings: settings.guard,
    prefix: settings.prefix,
    evidence,
    distrusted: isDistrusted(epoch, now),
    isConfigured: (cluster) => stampKeys.includes(stampKey(settings.prefix, cluster)),
    ownerOf: ownersOf(services),
  }
  const told: Sourced[] = []
  for (const [source, judged] of services) {
    const known = memory.services.get(source)
    if (known === undefined || memo.settled.get(judged) !== known)
      told.push({ source, ...guardAndSettle(memo, judged, known, context) })
  }
  const all = rememberAll(told, services, followed, memory.services)
  const { servers, live } = takeServers(memo, memory.services, all, told)
  return {
    memory: { epoch, services: all },
    servers,
    live: withoutLeaving(live, told),
    ...summary(told),
    problems: [...services.values()].flatMap(({ problems }) => problems),
  }
}

/** What to remember of every service that is followed; the same object as before where nothing differs. */
function rememberAll(
  told: readonly Sourced[],
  services: ReadonlyMap<SourceKey, JudgedService>,
  followed: ReadonlySet<SourceKey>,
  before: GuardMemory['services'],
): GuardMemory['services'] {
  const renewed = told.filter(({ source, memory }) => before.get(source) !== memory)
  const dropped = [...before.keys()].filter((source) => !services.has(source) && !followed.has(source))
  if (renewed.length === 0 && dropped.length === 0) return before
  const after = new Map(before)
  for (const source of dropped) after.delete(source)
  for (const { source, memory } of renewed) after.set(source, memory)
  return after
}

/** A service that drains as a whole serves as long as it can, but a place of its goes to whoever claims it and stays. */
function withoutLeaving(live: ReadonlySet<SourceKey>, told: readonly Sourced[]): ReadonlySet<SourceKey> {
  const leaving = new Set(told.flatMap((one) => (one.leaving ? [one.source] : [])))
  return leaving.size === 0 ? live : new Set([...live].filter((source) => !leaving.has(source)))
}

type Sourced = Guarded & { readonly source: SourceKey }

function summary(guarded: readonly Sourced[]): Pick<Look, 'holds' | 'left' | 'questions' | 'wakeAt'> {
  const times = guarded.flatMap(({ wakeAt }) => (wakeAt === null ? [] : [wakeAt]))
  return {
    holds: guarded.flatMap(({ source, holds }) => holds.map((hold) => ({ ...hold, source }))),
    left: guarded.flatMap(({ source, left }) => left.map((one) => ({ ...one, source }))),
    questions: guarded.flatMap(({ questions }) => questions),
    wakeAt: times.length === 0 ? null : Math.min(...times),
  }
}

/** An address that a task of ours is registered at now can't be held for an earlier one: ECS gives addresses out again. */
function ownersOf(services: ReadonlyMap<SourceKey, JudgedService>): GuardContext['ownerOf'] {
  let byAddress: ReadonlyMap<string, readonly Judged[]> | null = null
  return ({ address, port }) => {
    // Most looks ask for none, so the table is made when the first is asked for.
    byAddress ??= Map.groupBy(inUse(services), ({ server }) => server.address)
    return byAddress.get(address)?.find(({ server }) => server.port === port)?.ledger ?? undefined
  }
}

function inUse(services: ReadonlyMap<SourceKey, JudgedService>): readonly Judged[] {
  const all = [...services.values()].flatMap(({ instances }) => instances)
  return all.filter(({ ledger, verdict }) => ledger !== null && isInUse(verdict))
}

function isInUse(verdict: Verdict): boolean {
  return verdict !== 'stopped' && verdict !== 'unproven' && verdict !== 'draining'
}

/** When the questions need the ledger read again: at once where one is unanswered, else every five seconds. */
export function evidenceDue(
  questions: readonly Question[],
  evidence: Evidence | null,
  now: number,
): number | null {
  if (questions.length === 0) return null
  if (evidence === null) return now
  const unanswered = questions.some(
    ({ ledger, since }) => evidence.readAt < since || (ledger !== null && !evidence.entries.has(ledger)),
  )
  return unanswered ? now : evidence.readAt + 5_000
}
