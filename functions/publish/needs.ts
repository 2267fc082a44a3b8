import { type DataKey, type DataNeed, type DataValue, dataKey } from '../../core/catalog/data.ts'
import { type SourceKey, sourceKey } from '../../core/release/endpoints.ts'
import type { Layout } from '../../core/release/layout.ts'
import type { NodeServices, TemplateNode } from '../../core/template/data.ts'
import type { Need } from '../../core/template/need.ts'
import { layoutNeeds } from '../../core/template/release-parts.ts'
import type { Seen } from './plan.ts'

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
    if (need.kind === 'nodes') return [{ kind: 'nodes', path: '', datacenter: need.datacenter }]
    return []
  })
}

/** What was read, as templates ask for it. Equal data give the same objects. */
export function othersIn(values: ReadonlyMap<DataKey, DataValue>): Seen['others'] {
  const value = (kind: DataNeed['kind'], path: string, datacenter: string) =>
    values.get(dataKey({ kind, path, datacenter }))
  return {
    key: (path, datacenter) => {
      const found = value('key', path, datacenter)
      return found?.kind === 'key' ? (found.pair?.value ?? null) : undefined
    },
    folder: (path, datacenter) => {
      const found = value('prefix', path, datacenter)
      return found === undefined ? undefined : pairsOf(found)
    },
    nodes: (datacenter) => {
      const found = value('nodes', '', datacenter)
      return found === undefined ? undefined : nodesOf(found)
    },
    node: (): NodeServices | undefined => undefined,
  }
}

/** Without anything but services: what is asked for is never read. */
export const noOthers: Seen['others'] = othersIn(new Map())

const ownNeeds = once((layout: Layout) => layoutNeeds([layout]))

const pairsOf = once((value: DataValue): ReadonlyMap<string, string> => {
  const pairs = value.kind === 'prefix' ? value.pairs : []
  return new Map(pairs.map(({ key, value: text }) => [key, text]))
})

const nodesOf = once((value: DataValue): readonly TemplateNode[] => {
  const nodes = value.kind === 'nodes' ? value.nodes : []
  return nodes.map(({ node, address, datacenter, meta }) => ({
    name: node,
    id: '',
    address,
    datacenter,
    meta,
  }))
})

/** Remembers what came of each object, so that the same one gives the same. */
function once<T extends object, Result>(make: (from: T) => Result): (from: T) => Result {
  const known = new WeakMap<T, { readonly result: Result }>()
  return (from) => {
    const found = known.get(from) ?? { result: make(from) }
    known.set(from, found)
    return found.result
  }
}
