import { byText } from '../canonical.ts'
import { QuaysideError } from '../errors.ts'

/** One node as the catalog lists it; all of it is untrusted data. */
export type CatalogNode = {
  readonly node: string
  readonly address: string
  readonly datacenter: string
  readonly meta: Readonly<Record<string, string>>
}

/**
 * Reads the body of `catalog/nodes`, in the order of names. Throws CONSUL_REFUSED where it is not a list of nodes: an answer that
 * can't be understood is a failed read, never a catalog without nodes.
 */
export function parseNodes(body: unknown, datacenter: string): readonly CatalogNode[] {
  if (!Array.isArray(body)) throw malformed('it is no list')
  const members: readonly unknown[] = body
  return members.map((member) => readNode(member, datacenter)).sort((a, b) => byText(a.node, b.node))
}

function readNode(value: unknown, datacenter: string): CatalogNode {
  const { Node, Address, Meta }: Readonly<Record<string, unknown>> = Object(value)
  if (typeof Node !== 'string' || Node === '') throw malformed('an entry has no Node')
  const meta = Object.entries(Object(Meta)).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string'
  })
  return {
    node: Node,
    address: typeof Address === 'string' ? Address : '',
    datacenter,
    meta: Object.fromEntries(meta.sort(([a], [b]) => byText(a, b))),
  }
}

function malformed(why: string): QuaysideError {
  return new QuaysideError('CONSUL_REFUSED', `The answer to catalog/nodes can't be used: ${why}.`)
}
