import type { QuaysideConfig } from './config.ts'
import { placeOf } from './config-fields.ts'
import type { ClusterSettings } from './settings.ts'

type Home = Pick<QuaysideConfig, 'account' | 'region'>

/** Clusters that this stack can't follow as they are stated: of another account or region, or with the wrong role. */
export function clusterProblems({ clusters, network, ...home }: QuaysideConfig): string[] {
  const own = clusters.flatMap((cluster, index) =>
    eventProblems(cluster, home)
      .concat(roleProblems(cluster, home))
      .slice(0, 1)
      .map((problem) => `clusters[${index}].${problem}`),
  )
  return [
    ...own,
    ...(network.egress === 'endpoints' ? regionProblems(clusters, home) : []),
    ...secondRoles(clusters),
  ]
}

function eventProblems({ arn, events }: ClusterSettings, home: Home): string[] {
  const isHere = placeOf(arn).account === home.account && placeOf(arn).region === home.region
  if (isHere && events === 'forwarded')
    return ['events: expected here, because the cluster is in this account and region, got "forwarded"']
  if (isHere || events === 'forwarded') return []
  return [
    `arn: expected a cluster of account ${home.account} in ${home.region}, or "events": "forwarded" beside it once a rule there forwards its events here, got ${arn}`,
  ]
}

function roleProblems({ arn, role = null }: ClusterSettings, home: Home): string[] {
  const { account } = placeOf(arn)
  if (account === home.account)
    return role === null
      ? []
      : [`role: expected nothing for a cluster of the functions' own account, got ${role}`]
  if (role === null)
    return [
      `role: expected a role of account ${account} that this stack may assume to ask ECS there, got nothing`,
    ]
  return placeOf(role).account === account
    ? []
    : [`role: expected a role of the cluster's account ${account}, got ${role}`]
}

function regionProblems(clusters: readonly ClusterSettings[], { region }: Home): string[] {
  return clusters.flatMap(({ arn, events }, index) =>
    placeOf(arn).region === region || events !== 'forwarded'
      ? []
      : [
          `clusters[${index}].arn: expected a cluster in ${region}, because endpoints reach AWS in this region only, got ${arn}`,
        ],
  )
}

/** What is asked about names its account and region, but not always its cluster. */
function secondRoles(clusters: readonly ClusterSettings[]): string[] {
  const first = new Map<string, string>()
  return clusters.flatMap(({ arn, role = null }, index) => {
    if (role === null) return []
    const { region, account } = placeOf(arn)
    const known = first.get(`${account} ${region}`) ?? role
    first.set(`${account} ${region}`, known)
    return known === role
      ? []
      : [
          `clusters[${index}].role: expected the same role for all clusters of ${account} in ${region} (${known}), got ${role}`,
        ]
  })
}
