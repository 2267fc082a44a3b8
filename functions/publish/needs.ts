import type { DataNeed } from '../../core/catalog/data.ts'
import { type SourceKey, sourceKey } from '../../core/release/endpoints.ts'
import type { Layout } from '../../core/release/layout.ts'
import type { Need } from '../../core/template/need.ts'
import { layoutNeeds } from '../../core/template/release-parts.ts'

export const noNeeds: readonly Need[] = []

/** What the templates of these layouts read, and what else is read now; the same list for the same ones. */
export function createNeeds(): (layouts: readonly Layout[], now: readonly Need[]) => readonly Need[] {
  let last: { readonly parts: readonly unknown[]; readonly needs: readonly Need[] } | null = null
  return (layouts, now) => {
    const parts = [now, ...layouts]
    if (last?.parts.length === parts.length && last.parts.every((part, at) => part === parts[at]))
      return last.needs
    const kept = [...new Set(layouts)].flatMap(ownNeeds)
    const needs = kept.length === 0 ? now : [...kept, ...now]
    last = { parts, needs }
    return needs
  }
}

/** The services among the needs, of the datacenters that are followed. */
export function serviceSources(needs: readonly Need[], datacenters: readonly string[]): readonly SourceKey[] {
  return needs.flatMap((need) =>
    need.kind === 'service' && datacenters.includes(need.datacenter)
      ? [sourceKey(need.name, need.datacenter)]
      : [],
  )
}

/** What of the needs is no service: each is followed by a query of its own. */
export function dataNeeds(needs: readonly Need[]): readonly DataNeed[] {
  return needs.flatMap((need): readonly DataNeed[] => {
    if (need.kind === 'key') return [{ kind: 'key', path: need.path, datacenter: need.datacenter }]
    if (need.kind === 'folder') return [{ kind: 'prefix', path: need.path, datacenter: need.datacenter }]
    if (need.kind === 'node') return [{ kind: 'node', path: need.name, datacenter: need.datacenter }]
    if (need.kind === 'nodes') return [{ kind: 'nodes', path: '', datacenter: need.datacenter }]
    return []
  })
}

const known = new WeakMap<Layout, readonly Need[]>()

function ownNeeds(layout: Layout): readonly Need[] {
  const found = known.get(layout) ?? layoutNeeds([layout])
  known.set(layout, found)
  return found
}
