import { canonicalJson } from '../canonical.ts'
import { checkId, checkOutputs } from '../catalog/entry.ts'
import type { LedgerEntry, LedgerInstance } from '../ledger/ledger.ts'
import type { Transition } from '../ledger/transition.ts'
import type { Instance } from '../task/instance.ts'
import type { CatalogService } from './catalog-state.ts'

/**
 * What has to be written so that the catalog says again what the ledger says; null if it does already. Checks that aren't ours
 * are nobody's drift: consul-esm or an operator keeps them.
 */
export function driftOf(
  entry: LedgerEntry,
  wanted: readonly Instance[] | null,
  services: readonly CatalogService[],
): Transition | null {
  const found = new Map(services.map((service) => [service.id, service]))
  const listed = new Set(entry.instances.map(({ id }) => id))
  const remove = services.filter(({ id }) => !listed.has(id)).map(({ id, service }) => ({ id, service }))
  const live = entry.phase === 'live'
  const set = live ? (wanted ?? []).filter((instance) => !matches(instance, found.get(instance.id))) : []
  const drain = entry.phase === 'draining' ? entry.instances.filter((one) => isOpen(one, found)) : []
  return set.length + drain.length + remove.length === 0 ? null : { entry, set, drain, remove }
}

function matches(instance: Instance, service: CatalogService | undefined): boolean {
  if (service === undefined) return false
  const { service: name, address, port, tags, meta } = instance
  const same =
    canonicalJson([name, address, port, tags, meta]) ===
    canonicalJson([service.service, service.address, service.port, service.tags, service.meta])
  const check = service.checks.find(({ id }) => id === checkId(instance.id))
  const status = instance.check === 'passing' ? 'passing' : 'critical'
  return same && check?.status === status && check.output === checkOutputs[instance.check]
}

/** A draining instance whose check doesn't say so. One that is gone from the catalog needs nothing. */
function isOpen({ id }: LedgerInstance, found: ReadonlyMap<string, CatalogService>): boolean {
  const check = found.get(id)?.checks.find((one) => one.id === checkId(id))
  return found.has(id) && (check?.status !== 'critical' || check.output !== checkOutputs.draining)
}
