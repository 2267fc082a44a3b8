import { checkId, checkOutputs, entryMeta, managedBy, nodeName } from '../../../core/catalog/entry.ts'
import type { ServiceIndex } from '../../../core/catalog/parse-services.ts'
import type { CatalogInstance, ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import type { Evidence } from '../../../core/guard/evidence.ts'
import { ledgerKey } from '../../../core/ledger/keys.ts'
import { cluster, prefix } from '../guard.ts'
import type { Entry, Store } from './fleet.ts'

export const services = ['api', 'web', 'old'] as const

/** How reads of something go wrong: not at all, with an old answer, with an empty one, or with none. */
export type Fault = 'none' | 'stale' | 'empty' | 'failing'

/** What a publisher gets to see of Consul. */
export type View = {
  readonly index: () => ServiceIndex | null
  /** Undefined for a service of which no read ever succeeded. */
  readonly service: (name: string) => ServiceSnapshot | undefined
  /** The entries that the last answer had. */
  readonly entries: (name: string) => readonly Entry[]
  /** Throws where it can't be read. */
  readonly evidence: (keys: readonly string[], now: number) => Evidence
  readonly fault: (name: string) => Fault
  readonly faultOfLedger: () => Fault
  /** `what` is a service, `names` or `ledger`. */
  readonly break: (what: string, fault: Fault) => void
  readonly isWhole: () => boolean
  /** A publisher that starts has read nothing yet. */
  readonly forget: () => void
  /** Reads what can be read. */
  readonly refresh: () => void
}

export function openView(store: () => Store): View {
  const faults = new Map<string, Fault>()
  const read = new Map<string, { readonly entries: readonly Entry[]; readonly snapshot: ServiceSnapshot }>()
  let index: ServiceIndex | null = null
  const fault = (what: string) => faults.get(what) ?? 'none'

  function refresh(): void {
    for (const name of services) refreshService(name, fault(name))
    const names = [...new Set([...store().entries.values()].map(({ service }) => service))].sort()
    if (fault('names') === 'none') index = new Map(names.map((name) => [name, ['nginx']]))
    if (fault('names') === 'empty') index = new Map()
  }

  function refreshService(name: string, wrong: Fault): void {
    if (wrong === 'failing' || (wrong === 'stale' && read.has(name))) return
    const all = [...store().entries.values()].filter(({ service }) => service === name)
    const entries = wrong === 'empty' ? [] : all
    const before = read.get(name)
    // Equal data stays the same object, as in the store of snapshots.
    if (before !== undefined && JSON.stringify(before.entries) === JSON.stringify(entries)) return
    read.set(name, { entries, snapshot: snapshotOf(name, entries) })
  }

  return {
    index: () => index,
    service: (name) => read.get(name)?.snapshot,
    entries: (name) => read.get(name)?.entries ?? [],
    evidence: (keys, now) => evidenceOf(store(), keys, now, fault('ledger')),
    fault,
    faultOfLedger: () => (store().epoch === null ? 'failing' : fault('ledger')),
    break: (what, wrong) => void faults.set(what, wrong),
    isWhole: () => [...faults.values()].every((one) => one === 'none'),
    forget: () => {
      read.clear()
      index = null
    },
    refresh,
  }
}

/** A token that may not read keys gets an empty answer, in which the epoch is missing too. */
function evidenceOf(store: Store, keys: readonly string[], now: number, fault: Fault): Evidence {
  const { epoch, stamps, ledger } = store
  if (fault !== 'none' || epoch === null) throw new Error('the ledger could not be read')
  const byKey = new Map([...ledger].map(([taskId, proof]) => [keyOf(taskId), proof]))
  return { readAt: now, epoch, stamps, entries: new Map(keys.map((key) => [key, byKey.get(key) ?? null])) }
}

function keyOf(taskId: string): string {
  return ledgerKey(prefix, { ...cluster, taskId })
}

function snapshotOf(name: string, entries: readonly Entry[]): ServiceSnapshot {
  const instances = entries.map((entry) =>
    entry.taskId === null ? foreign(entry) : ours(entry, entry.taskId),
  )
  return { name, datacenter: 'dc1', instances: instances.sort((a, b) => (a.id < b.id ? -1 : 1)) }
}

function foreign({ id, service, address }: Entry): CatalogInstance {
  return {
    ...{ datacenter: 'dc1', node: 'other', id, service, address, port: 80, tags: ['nginx'], weight: 1 },
    meta: { 'nginx-host': `${service}.test` },
    checks: [],
  }
}

function ours(entry: Entry, taskId: string): CatalogInstance {
  const status = entry.reason === 'passing' ? 'passing' : 'critical'
  const { id, service } = entry
  return {
    ...foreign(entry),
    node: nodeName(cluster),
    meta: {
      'nginx-host': `${service}.test`,
      ...{ [entryMeta.managedBy]: managedBy, [entryMeta.registrar]: 'test', [entryMeta.taskId]: taskId },
      [entryMeta.account]: cluster.account,
      [entryMeta.region]: cluster.region,
      [entryMeta.cluster]: cluster.cluster,
    },
    checks: [{ id: checkId(id), serviceId: id, status, output: checkOutputs[entry.reason] }],
  }
}
