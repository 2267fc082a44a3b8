import type { ServiceSnapshot } from '../catalog/snapshot.ts'
import type { PublishSettings } from '../settings/settings.ts'
import { findCandidates } from './candidates.ts'
import { createRouteMemo, placedOnce, type RouteMemo, servicesOnce } from './memo.ts'
import type { RouteMemory } from './memory.ts'
import type { Model } from './model.ts'
import { placeAll } from './place.ts'
import { compareProblems, type Problem } from './problem.ts'
import type { Live } from './tenure.ts'

export type ModelInput = {
  /** In any order; at most one per name and datacenter. */
  readonly services: readonly ServiceSnapshot[]
  /** Where the services of the operator's own routes are looked for. */
  readonly datacenter: string
  readonly settings: PublishSettings
  /** Whose entries are of a cluster, which hosts can belong to; null, where nobody said, for those of any deployment. */
  readonly deployment: string | null
  readonly memory: RouteMemory
  /** Sources with an instance that passes or is held: only they can take a route from an empty holder. */
  readonly live: Live
  /** Unix milliseconds. */
  readonly now: number
}

export type BuiltModel = {
  readonly model: Model
  readonly memory: RouteMemory
  readonly problems: readonly Problem[]
}

/**
 * Turns what the catalog says into what nginx shall do, except addresses. Never throws for anything in the catalog: what is
 * wrong there is left out, or kept as it was, and reported. The order of `services` doesn't matter. With the memo of earlier runs, what
 * didn't change is the same object as it was.
 */
export function buildModel(input: ModelInput, memo: RouteMemo = createRouteMemo()): BuiltModel {
  const { memory, live } = input
  const { candidates, problems } = findCandidates(input.services, input, memo)
  const placing = placedOnce(memo, candidates, memory, live, () => placeAll(input, candidates))
  const { model, hosts, routes } = placing
  return {
    model,
    memory: { services: servicesOnce(memo, candidates), hosts, routes },
    problems: [...problems, ...placing.problems].sort(compareProblems),
  }
}
