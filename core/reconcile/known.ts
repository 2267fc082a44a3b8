import { entryMeta } from '../catalog/entry.ts'
import { type LedgerEntry, unreadableEntry } from '../ledger/ledger.ts'
import { isTaskId } from '../task/arn.ts'
import type { CatalogService } from './catalog-state.ts'

/** What Consul holds of one task: its ledger entry and its services. */
export type KnownTask = {
  readonly taskId: string
  readonly entry: LedgerEntry
  /** 0 where there is no entry and one was made up from the catalog. */
  readonly index: number
  readonly services: readonly CatalogService[]
}

/**
 * All tasks that Consul knows of, by id. Services of ours without a ledger entry get one of version 0 that lists them, so that
 * every fact of ECS overrules it and the same rules repair or remove them. Entries of others are left out: we never touch them.
 */
export function knownTasks(
  ledger: ReadonlyMap<string, { readonly entry: LedgerEntry; readonly index: number }>,
  services: readonly CatalogService[],
  owner: { readonly deployment: string; readonly account: string },
): ReadonlyMap<string, KnownTask> {
  const ours = services.filter((service) => isOurs(service, owner))
  const byTask = Map.groupBy(ours, ({ meta }) => meta[entryMeta.taskId] ?? '')
  // ECS refuses a whole call for one id that can't be one.
  const ids = [...new Set([...ledger.keys(), ...byTask.keys()])].filter(isTaskId)
  const known = ids.map((taskId) => {
    const own = byTask.get(taskId) ?? []
    const found = ledger.get(taskId)
    const entry = found === undefined || found.entry === unreadableEntry ? orphanEntry(own) : found.entry
    return [taskId, { taskId, entry, index: found?.index ?? 0, services: own }] as const
  })
  return new Map(known)
}

function isOurs(
  { meta }: CatalogService,
  owner: { readonly deployment: string; readonly account: string },
): boolean {
  const task = meta[entryMeta.taskId] ?? ''
  return (
    meta[entryMeta.registrar] === owner.deployment && meta[entryMeta.account] === owner.account && task !== ''
  )
}

function orphanEntry(services: readonly CatalogService[]): LedgerEntry {
  return {
    ...unreadableEntry,
    hash: 'orphan',
    instances: services.map(({ id, service }) => ({ id, service })),
  }
}
