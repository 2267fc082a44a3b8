import { type ServiceSnapshot, sourceOf } from '../catalog/snapshot.ts'
import type { SourceKey } from '../release/endpoints.ts'
import type { Found } from './candidates.ts'
import type { RouteMemo } from './memo.ts'
import type { RouteMemory } from './memory.ts'

type Find = (source: SourceKey, service: ServiceSnapshot | undefined) => Found

/** What was found in one run: a list in the order of the sources, and where in it each of them is. */
export type FoundRound = {
  readonly services: readonly ServiceSnapshot[]
  readonly found: readonly Found[]
  readonly slots: ReadonlyMap<SourceKey, number>
  /** Sources without instances, which time changes. */
  readonly absent: readonly SourceKey[]
}

/** Looks at every service, and at every one that is remembered. */
export function findAll(
  memo: RouteMemo,
  services: readonly ServiceSnapshot[],
  memory: RouteMemory,
  find: Find,
): readonly Found[] {
  const present = new Map(services.filter(isPresent).map((one) => [sourceOf(one), one]))
  const sources = [...new Set([...present.keys(), ...Object.keys(memory.services)])].sort()
  const found = sources.map((source) => find(source, present.get(source)))
  const slots = new Map(sources.map((source, at) => [source, at]))
  memo.round = { services, found, slots, absent: sources.filter((source) => !present.has(source)) }
  return found
}

/** Looks only at what changed since the last run, if that is the run that `memory` came from; else null. */
export function foundAgain(
  memo: RouteMemo,
  services: readonly ServiceSnapshot[],
  memory: RouteMemory,
  find: Find,
): readonly Found[] | null {
  const { round } = memo
  if (round === null || memory.services !== memo.services) return null
  const changed = changedIn(round.services, services)
  if (changed === null) return null
  const found = [...round.found]
  const put = (source: SourceKey, service: ServiceSnapshot | undefined) => {
    const slot = round.slots.get(source)
    if (slot !== undefined) found[slot] = find(source, service)
  }
  for (const service of changed) put(sourceOf(service), service)
  for (const source of round.absent) put(source, undefined)
  memo.round = { ...round, services, found }
  return found
}

/** The services that aren't what they were; null unless the lists hold the same sources in the same order, with the same ones empty. */
function changedIn(
  before: readonly ServiceSnapshot[],
  services: readonly ServiceSnapshot[],
): readonly ServiceSnapshot[] | null {
  if (before.length !== services.length) return null
  const changed: ServiceSnapshot[] = []
  for (let at = 0; at < services.length; at += 1) {
    const [service, other] = [services[at], before[at]]
    if (service === undefined || service === other) continue
    if (other === undefined || sourceOf(service) !== sourceOf(other)) return null
    if (isPresent(service) !== isPresent(other)) return null
    if (isPresent(service)) changed.push(service)
  }
  return changed
}

function isPresent({ instances }: ServiceSnapshot): boolean {
  return instances.length > 0
}
