import { storedCheckId } from '../catalog/entry.ts'
import type { StoredWrite } from '../ledger/transition.ts'
import type { TxnOp } from './op.ts'

/** What consul-esm found last, and the index that a compare-and-set must name. */
export type FoundCheck = {
  readonly status: 'passing' | 'warning' | 'critical'
  readonly output: string
  readonly modifyIndex: number
}

export const storedCheckName = 'service check'

/**
 * Writes a definition for consul-esm. One that is there already keeps the status and output that consul-esm gave it; a result that it
 * writes at the same moment makes the transaction fail, and the task is then read and judged again.
 */
export function storedCheckOp(
  node: string,
  { id, service, check }: StoredWrite,
  found: FoundCheck | null,
): TxnOp {
  const identity = {
    Node: node,
    CheckID: storedCheckId(id),
    Name: storedCheckName,
    ServiceID: id,
    ServiceName: service,
  }
  if (check === null) {
    return { Check: { Verb: 'delete', Check: { ...identity, Status: 'critical', Output: '' } } }
  }
  const result =
    found === null
      ? { Status: check.initial, Output: '', ModifyIndex: 0 }
      : { Status: found.status, Output: found.output, ModifyIndex: found.modifyIndex }
  return { Check: { Verb: 'cas', Check: { ...identity, ...result, Definition: check.definition } } }
}
