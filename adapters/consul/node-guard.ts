import { QuaysideError } from '../../core/errors.ts'
import type { ClusterKey } from '../../core/ledger/keys.ts'
import type { ConsulClient } from './client.ts'
import { ensureNode, type NodeChange } from './node.ts'

/** Resolves while the cluster's node is this deployment's; rejects with NODE_REFUSED where it isn't. */
export type NodeGuard = (cluster: ClusterKey) => Promise<void>

export type NodeGuardOptions = {
  readonly now?: () => number
  /** Told what had to be changed of a node. */
  readonly onChange?: (cluster: ClusterKey, change: NodeChange) => void
}

// A busy process looks again beside its work. One that was idle or frozen for longer waits for the answer, so that no write
// rests on a look that is older than a minute.
const refreshMs = 30_000
const trustMs = 60_000

type Known = { readonly at: number; refreshing: boolean }

/** Checks each cluster's node before the first write of this process, and again at least once a minute of writing. */
export function createNodeGuard(
  client: ConsulClient,
  deployment: string,
  { now = Date.now, onChange = () => {} }: NodeGuardOptions = {},
): NodeGuard {
  const known = new Map<string, Known>()
  const first = new Map<string, Promise<void>>()

  async function look(cluster: ClusterKey, id: string): Promise<void> {
    const at = now()
    try {
      const change = await ensureNode(client, cluster, deployment)
      known.set(id, { at, refreshing: false })
      if (change !== null) onChange(cluster, change)
    } catch (error) {
      // Consul being away says nothing about the node; what was seen of it then holds until it is too old.
      if (error instanceof QuaysideError && error.code === 'NODE_REFUSED') known.delete(id)
      throw error
    }
  }

  /** Batches that ask at the same time share one look. */
  function wait(cluster: ClusterKey, id: string): Promise<void> {
    const running = first.get(id) ?? look(cluster, id).finally(() => first.delete(id))
    first.set(id, running)
    return running
  }

  function refresh(cluster: ClusterKey, id: string, seen: Known): void {
    seen.refreshing = true
    look(cluster, id).catch(() => {
      seen.refreshing = false
    })
  }

  return async (cluster) => {
    const id = `${cluster.account}/${cluster.region}/${cluster.cluster}`
    const seen = known.get(id)
    if (seen === undefined || now() - seen.at > trustMs) return wait(cluster, id)
    if (now() - seen.at > refreshMs && !seen.refreshing) refresh(cluster, id, seen)
  }
}
