import { type DataKey, type DataNeed, type DataValue, dataKey } from '../../core/catalog/data.ts'
import { serverOf } from '../../core/catalog/judge.ts'
import type { NodeEntries } from '../../core/catalog/parse-node.ts'
import type { CatalogNode } from '../../core/catalog/parse-nodes.ts'
import type { CatalogInstance } from '../../core/catalog/snapshot.ts'
import type { Server } from '../../core/release/endpoints.ts'
import type { NodeServices, TemplateInstance, TemplateNode } from '../../core/template/data.ts'
import type { Seen } from './plan.ts'

/**
 * What was read, as templates ask for it. Equal data give the same objects. As everywhere, instances outside the allowed networks are
 * left out.
 */
export function othersIn(
  values: ReadonlyMap<DataKey, DataValue>,
  networks: readonly string[],
): Seen['others'] {
  const entriesOf = once((found: DataValue) =>
    found.kind === 'node' && found.entries !== null ? nodeServices(found.entries, networks) : null,
  )
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
    node: (name, datacenter) => {
      const found = value('node', name, datacenter)
      return found === undefined ? undefined : entriesOf(found)
    },
  }
}

/** Without anything but services: what is asked for is never read. */
export const noOthers: Seen['others'] = othersIn(new Map(), [])

const pairsOf = once((value: DataValue): ReadonlyMap<string, string> => {
  const pairs = value.kind === 'prefix' ? value.pairs : []
  return new Map(pairs.map(({ key, value: text }) => [key, text]))
})

const nodesOf = once((value: DataValue): readonly TemplateNode[] => {
  const nodes = value.kind === 'nodes' ? value.nodes : []
  return nodes.map(nodeOf)
})

function nodeServices({ node, instances }: NodeEntries, networks: readonly string[]): NodeServices {
  const services = instances.flatMap((instance): readonly TemplateInstance[] => {
    const server = serverOf(instance, networks)
    return server === null ? [] : [onNode(instance, server, node)]
  })
  return { node: nodeOf(node), services }
}

/** A node's list says nothing of health: whoever wants that asks for the service. */
function onNode(instance: CatalogInstance, server: Server, node: CatalogNode): TemplateInstance {
  const { service: name, id, datacenter, tags, meta } = instance
  return {
    ...{ name, id, node: node.node, nodeAddress: node.address, nodeMeta: node.meta, datacenter, ...server },
    ...{ tags, meta, checks: [], status: 'passing', serving: false },
  }
}

function nodeOf({ node, address, datacenter, meta }: CatalogNode): TemplateNode {
  return { name: node, id: '', address, datacenter, meta }
}

/** Remembers what came of each object, so that the same one gives the same. */
function once<T extends object, Result>(make: (from: T) => Result): (from: T) => Result {
  const known = new WeakMap<T, { readonly result: Result }>()
  return (from) => {
    const found = known.get(from) ?? { result: make(from) }
    known.set(from, found)
    return found.result
  }
}
