import type { NodeEntries } from './parse-node.ts'
import type { CatalogNode } from './parse-nodes.ts'

/** Something else than services that a template may need of Consul. */
export type DataNeed = {
  readonly kind: 'key' | 'prefix' | 'nodes' | 'node'
  /** The key or the prefix as it is in Consul, or the node's name; empty for all nodes. */
  readonly path: string
  readonly datacenter: string
}

/** The canonical text of a need, like `key app/color@dc1`. */
export type DataKey = string

export type KeyPair = { readonly key: string; readonly value: string; readonly flags: number }

/** What Consul holds. That a key is absent is a fact like any other. */
export type DataValue =
  | { readonly kind: 'key'; readonly pair: KeyPair | null }
  | { readonly kind: 'prefix'; readonly pairs: readonly KeyPair[] }
  | { readonly kind: 'nodes'; readonly nodes: readonly CatalogNode[] }
  | { readonly kind: 'node'; readonly entries: NodeEntries | null }

export function dataKey({ kind, path, datacenter }: DataNeed): DataKey {
  return `${kind} ${path}@${datacenter}`
}
