import { type FollowSettings, followedSources, type ServiceIndexes } from '../../core/publish/followed.ts'
import type { SourceKey } from '../../core/release/endpoints.ts'
import type { Layout } from '../../core/release/layout.ts'
import type { Need } from '../../core/template/need.ts'
import type { Channel } from './channel.ts'
import { createNeeds, noNeeds, serviceSources } from './needs.ts'
import type { Plan } from './plan.ts'

/** What must be watched now. */
export type Following = {
  /** The sources that matter, by tags, routes, layouts and templates. */
  readonly followed: (indexes: ServiceIndexes) => ReadonlySet<SourceKey>
  /** What operators' templates read, today's and those of every layout in use; the same list while nothing differs. */
  readonly needs: () => readonly Need[]
}

export function createFollowing(
  settings: FollowSettings,
  current: () => readonly [Channel, Plan | null],
): Following {
  const needsOnce = createNeeds()
  const layouts = () => layoutsInUse(...current())
  const needs = () => needsOnce(layouts(), current()[1]?.needs ?? noNeeds)

  function followed(indexes: ServiceIndexes): ReadonlySet<SourceKey> {
    const { operatorSources, datacenters } = settings
    const read = serviceSources(needs(), datacenters)
    const wanted = { datacenters, operatorSources: [...operatorSources, ...read] }
    return followedSources(indexes, layouts(), wanted)
  }

  return { followed, needs }
}

/** Every layout whose sources must have endpoints: those that the channel names, and the one that comes next. */
function layoutsInUse({ layout, previousLayout, pinned }: Channel, plan: Plan | null): readonly Layout[] {
  const stored = [layout, previousLayout, pinned, plan?.newest ?? null]
  return stored.flatMap((one) => (one === null ? [] : [one.layout]))
}
