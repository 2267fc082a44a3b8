import { canonicalJson } from '../canonical.ts'
import { checkId, checkOutputs, storedCheckId } from '../catalog/entry.ts'
import type { LedgerEntry, LedgerInstance } from '../ledger/ledger.ts'
import type { StoredWrite, Transition } from '../ledger/transition.ts'
import type { Instance } from '../task/instance.ts'
import type { StoredCheck } from '../task/stored-check.ts'
import { checkName } from '../txn/op.ts'
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
  const store = live
    ? (wanted ?? []).flatMap((instance) => storedDrift(instance, found.get(instance.id)))
    : []
  if (set.length + drain.length + remove.length + store.length === 0) return null
  return { entry, set, drain, remove, store }
}

function matches(instance: Instance, service: CatalogService | undefined): boolean {
  if (service === undefined) return false
  const { service: name, address, port, tags, meta, weight } = instance
  const same =
    canonicalJson([name, address, port, tags, meta, weight]) ===
    canonicalJson([
      service.service,
      service.address,
      service.port,
      service.tags,
      service.meta,
      service.weight,
    ])
  const check = service.checks.find(({ id }) => id === checkId(instance.id))
  const status = instance.check === 'passing' ? 'passing' : 'critical'
  return (
    same &&
    check?.name === checkName &&
    check.status === status &&
    check.output === checkOutputs[instance.check]
  )
}

/** A stored check that is missing or has another definition. Its status and output are consul-esm's and no drift. */
function storedDrift(instance: Instance, service: CatalogService | undefined): readonly StoredWrite[] {
  const { id, service: name, storedCheck: stored } = instance
  const check = service?.checks.find((one) => one.id === storedCheckId(id))
  const isRight =
    stored === null ? check === undefined : check !== undefined && says(check.definition, stored)
  return isRight ? [] : [{ id, service: name, check: stored, known: check !== undefined }]
}

/** Consul adds fields of its own to a definition; only what was asked for has to be there. */
function says(found: Readonly<Record<string, unknown>>, { definition }: StoredCheck): boolean {
  return Object.entries(definition).every(([name, value]) => sameSetting(found[name], value))
}

// Consul says "1m0s" where it was told "60s".
function sameSetting(found: unknown, wanted: unknown): boolean {
  if (typeof found !== 'string' || typeof wanted !== 'string') return found === wanted
  return found === wanted || (secondsOf(found) !== null && secondsOf(found) === secondsOf(wanted))
}

function secondsOf(text: string): number | null {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return null
  const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600 }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  return parts.reduce((sum, [, count = '0', unit = 's']) => sum + Number(count) * (units[unit] ?? 0), 0)
}

/** A draining instance whose check doesn't say so. One that is gone from the catalog needs nothing. */
function isOpen({ id }: LedgerInstance, found: ReadonlyMap<string, CatalogService>): boolean {
  const check = found.get(id)?.checks.find((one) => one.id === checkId(id))
  return found.has(id) && (check?.status !== 'critical' || check.output !== checkOutputs.draining)
}
