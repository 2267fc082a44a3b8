import { readInstance } from './parse-health.ts'
import { type CatalogNode, parseNodes } from './parse-nodes.ts'
import type { CatalogInstance } from './snapshot.ts'

/** One node with the instances on it; the instances come without their checks. */
export type NodeEntries = { readonly node: CatalogNode; readonly instances: readonly CatalogInstance[] }

/** Reads the body of `catalog/node/<name>`; null where there is no such node. Throws CONSUL_REFUSED where it is neither. */
export function parseNode(body: unknown, datacenter: string): NodeEntries | null {
  if (body === null) return null
  const { Node, Services }: Readonly<Record<string, unknown>> = Object(body)
  const [node] = parseNodes([Node], datacenter)
  if (node === undefined) return null
  const instances = Object.values(Object(Services)).map((Service) =>
    readInstance({ Node, Service, Checks: [] }, node.node, datacenter),
  )
  return { node, instances }
}
