import { type FollowSettings, followedSources, type ServiceIndexes } from '../../core/publish/followed.ts'
import type { SourceKey } from '../../core/release/endpoints.ts'
import type { Layout } from '../../core/release/layout.ts'
import { isSameItems } from '../../core/same-items.ts'
import type { Need } from '../../core/template/need.ts'
import type { Channel } from './channel.ts'
import { createNeeds, noNeeds, serviceSources } from './needs.ts'
import type { Plan } from './plan.ts'

/** What must be watched now. */
export type Following = {
  /** The sources that matter, by tags, routes, layouts and templates; the same set while nothing differs. */
  readonly followed: (indexes: ServiceIndexes) => ReadonlySet<SourceKey>
  /** What operators' templates read, today's and those of every layout in use; the same list while nothing differs. */
  readonly needs: () => readonly Need[]
}

export function createFollowing(
  settings: FollowSettings,
  current: () => { readonly channels: readonly Channel[]; readonly plan: Plan | null },
): Following {
  const needsOnce = createNeeds()
  const layouts = () => {
    const { channels, plan } = current()
    return layoutsInUse(channels, plan)
  }
  const needs = () => needsOnce(layouts(), current().plan?.needs ?? noNeeds)
  let last: { readonly parts: readonly unknown[]; readonly sources: ReadonlySet<SourceKey> } | null = null

  function followed(indexes: ServiceIndexes): ReadonlySet<SourceKey> {
    const parts = [...[...indexes].flat(), ...layouts(), needs()]
    if (last !== null && isSameItems(last.parts, parts)) return last.sources
    const { operatorSources, datacenters } = settings
    const read = serviceSources(needs(), datacenters)
    const wanted = { datacenters, operatorSources: [...operatorSources, ...read] }
    const sources = followedSources(indexes, layouts(), wanted)
    last = { parts, sources: last !== null && isSameSet(last.sources, sources) ? last.sources : sources }
    return last.sources
  }

  return { followed, needs }
}

function isSameSet(a: ReadonlySet<SourceKey>, b: ReadonlySet<SourceKey>): boolean {
  return a.size === b.size && [...b].every((one) => a.has(one))
}

/** Every layout whose sources must have endpoints: those that the channels name, and the one that comes next. */
function layoutsInUse(channels: readonly Channel[], plan: Plan | null): readonly Layout[] {
  const named = channels.flatMap(({ layout, previousLayout, pinned }) => [layout, previousLayout, pinned])
  const stored = [...named, plan?.newest ?? null]
  return stored.flatMap((one) => (one === null ? [] : [one.layout]))
}
