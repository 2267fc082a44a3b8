import { byText } from '../canonical.ts'
import { isOwnedBy, type Owner } from '../catalog/cluster-node.ts'
import { entryMeta, nodeName } from '../catalog/entry.ts'
import type { Home } from '../ledger/home.ts'
import type { ClusterKey } from '../ledger/keys.ts'

/** What Consul shows of clusters in one home, cheaply. */
export type Traces = {
  /** Names of nodes that carry this deployment's registrar id, wherever. */
  readonly nodes: readonly string[]
  /** Cluster names that have a ledger folder in this home. */
  readonly folders: readonly string[]
}

/** Clusters of which something is in Consul although the configuration doesn't name them; in order. */
export function unconfigured(
  home: Home,
  traces: Traces,
  configured: readonly ClusterKey[],
): readonly ClusterKey[] {
  const prefix = nodeName({ ...home, cluster: '' })
  const named = traces.nodes.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []))
  const known = new Set(configured.map(nodeName))
  return [...new Set([...named, ...traces.folders])]
    .filter((cluster) => cluster !== '')
    .sort(byText)
    .map((cluster) => ({ ...home, cluster }))
    .filter((cluster) => !known.has(nodeName(cluster)))
}

export type Remains = {
  /** Of the cluster's node; null if it isn't there. */
  readonly nodeMeta: Readonly<Record<string, string>> | null
  /** Meta of every service on it. */
  readonly metas: readonly Readonly<Record<string, string>>[]
  readonly ledgerEntries: number
  /** Unix milliseconds of the last complete pass, if it is known. */
  readonly reconciledAt: number | null
}

export type LeftCluster = {
  /** Of the standard form, which names the cluster in the command that purges it. */
  readonly cluster: string
  readonly instances: number
  readonly ledgerEntries: number
  readonly node: 'ours' | 'nobody'
  /** ISO 8601, or null: since when nobody keeps it true. */
  readonly lastReconciled: string | null
  readonly remedy: string
}

/** What a pass says of such a cluster; null where it is another deployment's, which registers it under the same prefix. */
export function describeLeft(cluster: ClusterKey, remains: Remains, deployment: string): LeftCluster | null {
  const owner: Owner = { deployment, account: cluster.account }
  const registrar = remains.nodeMeta?.[entryMeta.registrar]
  if (registrar !== undefined && registrar !== deployment) return null
  const arn = clusterArn(cluster)
  const instances = remains.metas.filter((meta) => isOwnedBy(meta, owner)).length
  const isPurged = instances === 0 && remains.ledgerEntries === 0
  // Purged, but for a node that can't go while others have entries on it.
  if (isPurged && (registrar === undefined || remains.metas.length > 0)) return null
  return {
    cluster: arn,
    instances,
    ledgerEntries: remains.ledgerEntries,
    node: registrar === undefined ? 'nobody' : 'ours',
    lastReconciled: remains.reconciledAt === null ? null : new Date(remains.reconciledAt).toISOString(),
    remedy:
      "It isn't in the configuration any more, but is still in Consul. Its instances keep the traffic they had and follow ECS " +
      `no longer. Remove them with: npx quayside purge --cluster ${arn}, or put the cluster back into the configuration.`,
  }
}

/** The cluster's ARN; its partition follows from the region. */
export function clusterArn({ account, region, cluster }: ClusterKey): string {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
  return `arn:${partition}:ecs:${region}:${account}:cluster/${cluster}`
}
