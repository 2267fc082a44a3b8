import { routingTag } from '../catalog/entry.ts'
import type { ServiceIndex } from '../catalog/parse-services.ts'
import { type SourceKey, sourceKey } from '../release/endpoints.ts'
import type { Layout, UpstreamSettings } from '../release/layout.ts'
import { isAliasTag } from '../route/aliases/read-aliases.ts'
import { isSameItems } from '../same-items.ts'

/** Names and tags per datacenter; one that was never read is missing, which isn't an empty one. */
export type ServiceIndexes = ReadonlyMap<string, ServiceIndex>

export type FollowSettings = {
  /** Sources that the operator's routes name. */
  readonly operatorSources: readonly SourceKey[]
  /** Whose services are followed. */
  readonly datacenters: readonly string[]
}

/**
 * The services to watch: those whose tags opt in, in our words or another proxy's and in whatever datacenter, those that the
 * operator's routes name, and those that a layout in use takes servers from, so that endpoints cover every layout that a host
 * may run. What a layout takes from a datacenter that isn't followed is left out.
 */
export function followedSources(
  indexes: ServiceIndexes,
  layouts: readonly Layout[],
  { operatorSources, datacenters }: FollowSettings,
): ReadonlySet<SourceKey> {
  const sourced = sourcesOf(layouts).filter((source) => datacenters.some((one) => source.endsWith(`@${one}`)))
  return new Set([...[...indexes].flatMap(taggedIn), ...operatorSources, ...sourced])
}

/** Every source of the layouts once, sorted. */
export function sourcesOf(layouts: readonly Layout[]): readonly SourceKey[] {
  const lists = [...new Set(layouts)].map(ownSources)
  const [only, ...others] = lists
  if (only === undefined || others.length === 0) return only ?? []
  const before = merged.get(only)
  if (before !== undefined && isSameItems(before.others, others)) return before.sources
  const sources = [...new Set(lists.flat())].sort()
  merged.set(only, { others, sources })
  return sources
}

type Sources = readonly SourceKey[]

/** By the first list. The lists of a layout are the same for as long as the layout is. */
const merged = new WeakMap<Sources, { readonly others: readonly Sources[]; readonly sources: Sources }>()

const known = new WeakMap<Layout, readonly SourceKey[]>()

function ownSources(layout: Layout): readonly SourceKey[] {
  const before = known.get(layout)
  if (before !== undefined) return before
  const all = layout.upstreams.flatMap(({ sources }) => sources.map(({ source }) => source))
  const sources = sharedList(layout, [...new Set(all)].sort())
  known.set(layout, sources)
  return sources
}

/** By the first upstream: layouts that take servers from the same sources share the list of these. */
const shared = new WeakMap<UpstreamSettings, readonly SourceKey[]>()

function sharedList({ upstreams: [first] }: Layout, sources: readonly SourceKey[]): readonly SourceKey[] {
  const before = first && shared.get(first)
  if (before !== undefined && isSameItems(before, sources)) return before
  if (first !== undefined) shared.set(first, sources)
  return sources
}

function taggedIn([datacenter, index]: readonly [string, ServiceIndex]): readonly SourceKey[] {
  const tagged = [...index].filter(([, tags]) => tags.some(isRoutingTag))
  return tagged.map(([name]) => sourceKey(name, datacenter))
}

function isRoutingTag(tag: string): boolean {
  return tag === routingTag || tag.startsWith(`${routingTag}.`) || isAliasTag(tag)
}
