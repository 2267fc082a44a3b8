import type { Judged, JudgedService, Verdict } from '../../core/catalog/judge.ts'
import type { Evidence, LedgerProof } from '../../core/guard/evidence.ts'
import type { GuardContext } from '../../core/guard/guard.ts'
import type { Member, ServiceMemory } from '../../core/guard/memory.ts'
import { ledgerKey, stampKey } from '../../core/ledger/keys.ts'
import { defaultPublishSettings } from '../../core/settings/defaults.ts'

export const cluster = { account: '111122223333', region: 'eu-central-1', cluster: 'main' }
export const prefix = 'quayside'
export const t0 = Date.UTC(2026, 10, 20)

/** The instance of task `n`, at 10.0.0.n:80. */
export function ours(n: number, verdict: Verdict): Judged {
  const server = { address: `10.0.0.${n}`, port: 80, weight: 1 }
  return { node: 'n', id: `web-${n}`, server, verdict, ledger: keyOf(n), cluster }
}

export function foreign(n: number, verdict: Verdict = 'passing'): Judged {
  const server = { address: `10.9.0.${n}`, port: 80, weight: 1 }
  return { node: 'other', id: `f-${n}`, server, verdict, ledger: null, cluster: null }
}

export function keyOf(n: number): string {
  return ledgerKey(prefix, { ...cluster, taskId: String(n) })
}

export function judged(instances: readonly Judged[], failOpen = true): JudgedService {
  return { name: 'web', datacenter: 'dc1', instances, failOpen, problems: [] }
}

export function remember(instances: readonly Judged[], passed = true): ServiceMemory {
  return { members: instances.map(asMember), passed }
}

function asMember({ node, id, server, ledger, cluster }: Judged): Member {
  return { node, id, server, ledger, cluster, since: null }
}

export function proof(
  n: number,
  phase: LedgerProof['phase'] = 'live',
  more: Partial<LedgerProof> = {},
): LedgerProof {
  return { phase, reason: 'ecs', instances: [{ id: `web-${n}`, service: 'web' }], ...more }
}

/** Evidence about tasks by number; `stampedAt` is when the last reconcile pass of the cluster began. */
export function evidence(
  readAt: number,
  entries: Readonly<Record<number, LedgerProof | null>>,
  { epoch = 'e1', stampedAt = null, stampEpoch = epoch }: EvidenceOptions = {},
): Evidence {
  return {
    readAt,
    epoch,
    stamps: new Map(
      stampedAt === null ? [] : [[stampKey(prefix, cluster), { epoch: stampEpoch, at: stampedAt }]],
    ),
    entries: new Map(Object.entries(entries).map(([n, entry]) => [keyOf(Number(n)), entry])),
  }
}

export type EvidenceOptions = {
  readonly epoch?: string
  readonly stampedAt?: number | null
  readonly stampEpoch?: string
}

export function context(over: Partial<GuardContext> = {}): GuardContext {
  return {
    now: t0,
    settings: defaultPublishSettings.guard,
    prefix,
    evidence: null,
    distrusted: false,
    isConfigured: () => true,
    ownerOf: () => undefined,
    ...over,
  }
}

/** Addresses of the members, for a short comparison. */
export function addresses({ memory }: { readonly memory: ServiceMemory }): string[] {
  return memory.members.map(({ server }) => server.address)
}
