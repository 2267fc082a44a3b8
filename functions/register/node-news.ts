import type { NodeChange } from '../../adapters/consul/node.ts'
import type { Log } from '../../adapters/log.ts'
import { nodeName } from '../../core/catalog/entry.ts'
import type { ClusterKey } from '../../core/ledger/keys.ts'

/** A new node is news; one that had to be put right means that somebody else changed it, which woke all its watchers. */
export function reportNode(log: Log): (cluster: ClusterKey, change: NodeChange) => void {
  return (cluster, change) => {
    const fields = { node: nodeName(cluster), change }
    if (change === 'created') log.info('node-changed', fields)
    else log.warn('node-changed', fields)
  }
}
