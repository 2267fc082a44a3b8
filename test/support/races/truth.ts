import {
  type CheckReason,
  checkId,
  checkOutputs,
  entryMeta,
  managedBy,
  nodeName,
} from '../../../core/catalog/entry.ts'
import type { ServiceIndex } from '../../../core/catalog/parse-services.ts'
import type { CatalogInstance, ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import type { Evidence, LedgerProof, Stamp } from '../../../core/guard/evidence.ts'
import { type ClusterKey, ledgerKey } from '../../../core/ledger/keys.ts'

export const cluster: ClusterKey = { account: '111122223333', region: 'eu-central-1', cluster: 'main' }
export const prefix = 'quayside'
export const deployment = 'test'

export type Meta = Readonly<Record<string, string>>
type Entry = { readonly tasks: Map<string, Task>; meta: Meta; tags: readonly string[] }
type Task = { readonly port: number; readonly reason: CheckReason }

/** What Consul holds at this moment, and who waits for it to change. */
export type Truth = {
  readonly task: (service: string, taskId: string, task: Task) => void
  /** Takes the entry out of the catalog. */
  readonly remove: (service: string, taskId: string) => void
  readonly meta: (service: string, meta: Meta) => void
  /** Without tags a service has not opted in to routing. */
  readonly tags: (service: string, tags: readonly string[]) => void
  readonly proof: (service: string, taskId: string, phase: LedgerProof['phase']) => void
  readonly snapshot: (service: string) => ServiceSnapshot
  readonly index: () => ServiceIndex
  /** Grows with every change of the service; of the list of services where none is given. */
  readonly version: (service: string | null) => number
  readonly changed: (service: string | null, since: number) => Promise<void>
  readonly evidence: (keys: readonly string[], now: number) => Evidence
}

export function createTruth(): Truth {
  const services = new Map<string, Entry>()
  const ledger = new Map<string, LedgerProof>()
  const versions = new Map<string | null, number>()
  const waiting = new Map<string | null, PromiseWithResolvers<void>>()

  const version = (service: string | null) => versions.get(service) ?? 1
  function touch(service: string): void {
    // Consul's list of services wakes for every entry that comes or goes.
    for (const name of [service, null]) {
      versions.set(name, version(name) + 1)
      waiting.get(name)?.resolve()
      waiting.delete(name)
    }
  }
  function change(service: string, apply: (entry: Entry) => void): void {
    const entry = services.get(service) ?? newEntry()
    apply(entry)
    services.set(service, entry)
    touch(service)
  }
  const listed = () => [...services].filter(([, { tasks }]) => tasks.size > 0)

  return {
    task: (service, taskId, task) => change(service, ({ tasks }) => void tasks.set(taskId, task)),
    remove: (service, taskId) => change(service, ({ tasks }) => void tasks.delete(taskId)),
    meta: (service, meta) => change(service, (entry) => void Object.assign(entry, { meta })),
    tags: (service, tags) => change(service, (entry) => void Object.assign(entry, { tags })),
    proof(service, taskId, phase) {
      const instances = [{ id: instanceId(service, taskId), service }]
      ledger.set(ledgerKey(prefix, { ...cluster, taskId }), { phase, reason: 'ecs', instances })
    },
    snapshot: (service) => snapshotOf(service, services.get(service) ?? newEntry()),
    index: () => new Map(listed().map(([name, { tags }]) => [name, tags])),
    version,
    changed(service, since) {
      if (version(service) > since) return Promise.resolve()
      const found = waiting.get(service) ?? Promise.withResolvers<void>()
      waiting.set(service, found)
      return found.promise
    },
    evidence: (keys, now) => ({
      readAt: now,
      epoch: 'e1',
      stamps: new Map<string, Stamp>(),
      entries: new Map(keys.map((key) => [key, ledger.get(key) ?? null])),
    }),
  }
}

export function instanceId(service: string, taskId: string): string {
  return `${service}-${taskId}`
}

function newEntry(): Entry {
  return { tasks: new Map(), meta: {}, tags: ['nginx'] }
}

function snapshotOf(name: string, { tasks, meta, tags }: Entry): ServiceSnapshot {
  const instances = [...tasks].map(([taskId, task]) => ({ ...instanceOf(name, taskId, task, meta), tags }))
  return {
    name,
    datacenter: 'dc1',
    instances: instances.sort((a, b) => (a.id < b.id ? -1 : 1)),
  }
}

function instanceOf(
  service: string,
  taskId: string,
  { port, reason }: Task,
  meta: Meta,
): Omit<CatalogInstance, 'tags'> {
  const id = instanceId(service, taskId)
  const ours = {
    ...{ [entryMeta.managedBy]: managedBy, [entryMeta.registrar]: deployment, [entryMeta.taskId]: taskId },
    [entryMeta.account]: cluster.account,
    [entryMeta.region]: cluster.region,
    [entryMeta.cluster]: cluster.cluster,
  }
  const status = reason === 'passing' ? 'passing' : 'critical'
  return {
    ...{ datacenter: 'dc1', node: nodeName(cluster), id, service, address: '10.0.0.1', port, weight: 1 },
    meta: { ...ours, 'nginx-host': `${service}.test`, ...meta },
    checks: [{ id: checkId(id), serviceId: id, status, output: checkOutputs[reason] }],
  }
}
