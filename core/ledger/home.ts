import type { ClusterKey } from './keys.ts'

/**
 * An account and region whose clusters a deployment registers. Configurations are copied, so that the same deployment id in
 * another home is another deployment.
 */
export type Home = Pick<ClusterKey, 'account' | 'region'>

/** Each account and region of the configured clusters, once. */
export function homesOf(clusters: readonly ClusterKey[]): readonly Home[] {
  const homes = new Map(clusters.map(({ account, region }) => [`${account}/${region}`, { account, region }]))
  return [...homes.values()]
}
