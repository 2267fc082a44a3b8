import type { JudgedService, JudgeProblem } from '../catalog/judge.ts'
import { followEpoch, isDistrusted } from '../guard/epoch.ts'
import type { Evidence } from '../guard/evidence.ts'
import type { GuardContext, Hold, Left, Question } from '../guard/guard.ts'
import type { GuardMemory } from '../guard/memory.ts'
import { type ClusterKey, stampKey } from '../ledger/keys.ts'
import type { PartedMap } from '../parted-map.ts'
import type { Server, SourceKey } from '../release/endpoints.ts'
import type { Live } from '../route/tenure.ts'
import type { GuardSettings } from '../settings/settings.ts'
import {
  createLookMemo,
  guardOnce,
  type LookMemo,
  settle,
  sourcesToGuard,
  type Told,
  unfollowed,
} from './look-memo.ts'

export type LookSettings = {
  readonly prefix: string
  readonly clusters: readonly ClusterKey[]
  readonly guard: GuardSettings
}

/** Who takes traffic now, service by service, and what is in doubt. */
export type Look = {
  readonly memory: GuardMemory
  readonly servers: PartedMap<readonly Server[]>
  /** Sources with at least one server, unless all that they have is draining for good. */
  readonly live: Live
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
 * stays as it was remembered: nothing is known of it, which isn't nothing. `changed` names all whose judgement is another than in the
 * last look with this memo; null where that isn't known.
 */
export function lookAt(
  services: ReadonlyMap<SourceKey, JudgedService>,
  followed: ReadonlySet<SourceKey>,
  memory: GuardMemory,
  evidence: Evidence | null,
  settings: LookSettings,
  now: number,
  memo: LookMemo = createLookMemo(),
  changed: readonly SourceKey[] | null = null,
): Look {
  const stampKeys = settings.clusters.map((cluster) => stampKey(settings.prefix, cluster))
  const epoch = followEpoch(memory.epoch, evidence, stampKeys, now)
  memo.owners.show(services, changed)
  const context: GuardContext = {
    now,
    settings: settings.guard,
    prefix: settings.prefix,
    evidence,
    distrusted: isDistrusted(epoch, now),
    isConfigured: (cluster) => stampKeys.includes(stampKey(settings.prefix, cluster)),
    // An address that a task of ours is registered at now can't be held for an earlier one: ECS gives addresses out again.
    ownerOf: memo.owners.ownerOf,
  }
  const seen = { services, followed, before: memory.services }
  const chosen = sourcesToGuard(memo, seen, changed)
  const told = [...chosen].flatMap((source) => guardOnce(memo, seen, source, context))
  const after = memory.services.with(
    told.map((one) => [one.source, one.memory]),
    unfollowed(memo, seen),
  )
  return {
    memory: { epoch, services: after },
    ...settle(memo, seen, after, told, chosen),
    ...summary(told),
  }
}

function summary(guarded: readonly Told[]): Pick<Look, 'holds' | 'left' | 'questions' | 'wakeAt'> {
  const times = guarded.flatMap(({ wakeAt }) => (wakeAt === null ? [] : [wakeAt]))
  return {
    holds: guarded.flatMap(({ source, holds }) => holds.map((hold) => ({ ...hold, source }))),
    left: guarded.flatMap(({ source, left }) => left.map((one) => ({ ...one, source }))),
    questions: guarded.flatMap(({ questions }) => questions),
    wakeAt: times.length === 0 ? null : Math.min(...times),
  }
}

/**
 * When the ledger is to be read again: once at the start, since only who knew the epoch notices that it changed; at once for a new
 * question; and every five seconds while one is open.
 */
export function evidenceDue(
  questions: readonly Question[],
  evidence: Evidence | null,
  now: number,
): number | null {
  if (evidence === null) return now
  if (questions.length === 0) return null
  const unanswered = questions.some(
    ({ ledger, since }) => evidence.readAt < since || (ledger !== null && !evidence.entries.has(ledger)),
  )
  return unanswered ? now : evidence.readAt + 5_000
}
