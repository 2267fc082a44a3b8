import { byText, inOrder } from '../canonical.ts'
import { isInUse, type Judged, type JudgedService } from '../catalog/judge.ts'
import { type ClusterKey, stampKey } from '../ledger/keys.ts'
import { hostPort } from '../release/address.ts'
import type { Server } from '../release/endpoints.ts'
import type { GuardSettings } from '../settings/settings.ts'
import type { Evidence } from './evidence.ts'
import type { Member, ServiceMemory } from './memory.ts'
import { choosePresent } from './present.ts'
import { type Decision, decideForeign, decideOurs, fresh, type Loss } from './vanished.ts'

/** What is the same for every service in one look at the catalog. */
export type GuardContext = {
  readonly now: number
  readonly settings: GuardSettings
  readonly prefix: string
  readonly evidence: Evidence | null
  /** Whether Consul may have lost its data since the last complete reconcile. */
  readonly distrusted: boolean
  readonly isConfigured: (cluster: ClusterKey) => boolean
  /** The ledger key of the task of ours that is registered at the address and port now, in whatever service. */
  readonly ownerOf: (server: Server) => string | undefined
}

export type Hold = {
  readonly id: string
  readonly server: string
  readonly why: string
  readonly since: number
}
export type Left = { readonly id: string; readonly server: string; readonly why: string }

/** What the guard made of one service, and why. */
export type Guarded = {
  readonly memory: ServiceMemory
  readonly holds: readonly Hold[]
  readonly left: readonly Left[]
  /** The holds need evidence about these ledger entries, read after `since`; foreign ones need the epoch alone. */
  readonly questions: readonly Question[]
  /** Unix milliseconds at which time alone changes the result. */
  readonly wakeAt: number | null
  /** Whether all that is left of it is draining, with nothing on its way that could take its place. */
  readonly leaving: boolean
}

export type Question = { readonly ledger: string | null; readonly since: number }

/**
 * Decides who takes traffic for one service. Critical is a fact and acts at once; absence is a doubt, and an instance that
 * vanished stays in until something proves that it is gone.
 */
export function guardService(
  judged: JudgedService,
  memory: ServiceMemory | undefined,
  context: GuardContext,
): Guarded {
  const present = judged.instances.filter(({ verdict }) => verdict !== 'unproven')
  const vanished = vanishedMembers(memory?.members ?? [], present)
  const settings = { ...context.settings, ...judged.guard }
  const decided = decideAll(vanished, memory, present, { ...context, settings })
  const held = decided.filter(({ decision }) => decision.stays)
  const choice = choosePresent(judged, memory, context.evidence, held.length > 0)
  const sinceOf = ({ verdict }: Judged) => (verdict === 'draining' ? context.now : null)
  const chosen = choice.chosen.map((one) => asMember(one, memory, sinceOf(one)))
  const members = [...chosen, ...held.map(({ member, missed }) => ({ ...member, since: missed }))]
  return {
    memory: {
      members: inOrder(members, byPlace),
      passed: memory?.passed === true || choice.why === 'passing',
    },
    holds: held.map(({ member, missed, decision }) => holdOf(member, decision.why, missed)),
    left: leftBehind(memory?.members ?? [], members, decided, judged.instances),
    questions: members.flatMap((member) =>
      member.since === null ? [] : [{ ledger: member.ledger, since: missedAt(member, context.now) }],
    ),
    wakeAt: earliest(held.map(({ decision }) => ('until' in decision ? decision.until : null))),
    leaving: choice.why === 'last draining' && held.length === 0 && present.every(isLeaving),
  }
}

function isLeaving({ verdict }: Judged): boolean {
  return verdict === 'draining' || verdict === 'stopped'
}

/** Members whose entry is gone and whose address no other entry speaks for. */
function vanishedMembers(members: readonly Member[], present: readonly Judged[]): Member[] {
  const entries = new Set(present.map(identity))
  const there = new Map(present.map((one) => [place(one), one]))
  return members.filter((member) => {
    const other = there.get(place(member))
    return !entries.has(identity(member)) && (other === undefined || !speaksFor(other, member))
  })
}

/** A task that ends says nothing of another one at its address: a restored Consul shows old owners of an address again. */
function speaksFor(other: Judged, { ledger }: Member): boolean {
  return isInUse(other.verdict) || other.ledger === null || other.ledger === ledger
}

type Decided = { readonly member: Member; readonly missed: number; readonly decision: Decision }

function decideAll(
  vanished: readonly Member[],
  memory: ServiceMemory | undefined,
  present: readonly Judged[],
  context: GuardContext,
): Decided[] {
  const ours = vanished.filter(({ ledger }) => ledger !== null).map((member) => decideOne(member, context))
  const foreign = vanished.filter(({ ledger }) => ledger === null)
  const remaining = ours.filter(({ decision }) => decision.stays).length
  const loss: Loss = {
    published: memory?.members.length ?? 0,
    vanished: foreign.length,
    remaining: remaining + present.filter(({ verdict }) => verdict === 'passing').length,
    distrusted: context.distrusted,
  }
  return [...ours, ...foreign.map((member) => decideOther(member, loss, context))]
}

function decideOne(member: Member, context: GuardContext): Decided {
  const { now, evidence, prefix, isConfigured, ownerOf } = context
  // Not corrected where the clock was set back: too long a hold is the safe side, and only a later reconcile pass ends it.
  const missed = member.since ?? now
  const owner = ownerOf(member.server)
  if (owner !== undefined && owner !== member.ledger)
    return { member, missed, decision: { stays: false, why: 'its address now belongs to another task' } }
  const doubt = { member, since: missed, evidence: fresh(evidence, missedAt(member, now)), now }
  const decision = decideOurs(doubt, (cluster) => stampKey(prefix, cluster), isConfigured)
  return { member, missed, decision }
}

function decideOther(member: Member, loss: Loss, { now, evidence, settings }: GuardContext): Decided {
  const missed = missedAt(member, now)
  const doubt = { member, since: missed, evidence: fresh(evidence, missed), now }
  return { member, missed, decision: decideForeign(doubt, loss, settings) }
}

/** Not later than now: by another publisher's clock, or this one's before it was set back, nothing would be news of the loss for hours. */
function missedAt({ since }: Member, now: number): number {
  return Math.min(since ?? now, now)
}

function asMember(one: Judged, memory: ServiceMemory | undefined, since: number | null): Member {
  const { node, id, server, ledger, cluster } = one
  const before = memory?.members.find((member) => identity(member) === identity(one))
  return {
    node,
    id,
    server,
    ledger,
    cluster,
    since: since === null ? null : Math.min(before?.since ?? since, since),
  }
}

function leftBehind(
  before: readonly Member[],
  after: readonly Member[],
  decided: readonly Decided[],
  instances: readonly Judged[],
): Left[] {
  const places = new Set(after.map(place))
  return before
    .filter((member) => !places.has(place(member)))
    .map((member) => ({ id: member.id, server: place(member), why: reason(member, decided, instances) }))
}

function reason(member: Member, decided: readonly Decided[], instances: readonly Judged[]): string {
  const vanished = decided.find((one) => one.member === member)
  if (vanished !== undefined) return vanished.decision.why
  const entry = instances.find((one) => identity(one) === identity(member))
  const there = entry ?? instances.find((one) => place(one) === place(member))
  return there?.verdict === 'passing' ? 'it moved to another address' : (there?.verdict ?? 'it was replaced')
}

function holdOf(member: Member, why: string, since: number): Hold {
  return { id: member.id, server: place(member), why, since }
}

function identity({ node, id }: { readonly node: string; readonly id: string }): string {
  return `${node}/${id}`
}

function place({ server }: Pick<Member, 'server'>): string {
  return hostPort(server.address, server.port)
}

function byPlace(a: Member, b: Member): number {
  return byText(a.server.address, b.server.address) || a.server.port - b.server.port
}

function earliest(times: readonly (number | null)[]): number | null {
  const real = times.filter((time) => time !== null)
  return real.length === 0 ? null : Math.min(...real)
}
