import { routingTag } from '../catalog/entry.ts'
import type { ServiceIndex } from '../catalog/parse-services.ts'
import type { SourceKey } from '../release/endpoints.ts'
import type { Layout } from '../release/layout.ts'

/**
 * The services to watch: those whose tags opt in, those that the operator's routes name, and those that a layout in use takes
 * servers from, so that endpoints cover every layout that a host may run.
 */
export function followedServices(
  index: ServiceIndex,
  operator: readonly string[],
  layouts: readonly Layout[],
  datacenter: string,
): ReadonlySet<string> {
  const tagged = [...index].filter(([, tags]) => tags.some(isRoutingTag)).map(([name]) => name)
  const sourced = sourcesOf(layouts).flatMap((source) => serviceOf(source, datacenter) ?? [])
  return new Set([...tagged, ...operator, ...sourced])
}

export function sourcesOf(layouts: readonly Layout[]): readonly SourceKey[] {
  const all = layouts.flatMap(({ upstreams }) => upstreams.flatMap((upstream) => upstream.sources))
  return [...new Set(all.map(({ source }) => source))].sort()
}

function isRoutingTag(tag: string): boolean {
  return tag === routingTag || tag.startsWith(`${routingTag}.`)
}

function serviceOf(source: SourceKey, datacenter: string): string | null {
  const suffix = `@${datacenter}`
  return source.endsWith(suffix) ? source.slice(0, -suffix.length) : null
}
