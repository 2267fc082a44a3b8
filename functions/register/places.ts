import type { AwsPlace, AwsPlaces } from '../../adapters/aws-places.ts'
import { createResolve, type Resolve } from './resolve.ts'
import { createUsableHosts, type UsableHosts } from './usable-hosts.ts'

/** Looks up what tasks need where each of them runs. */
export function resolveInPlaces(places: AwsPlaces, now: () => number): Resolve {
  const resolvers = places.all.map(
    (place) => [place, createResolve({ ...place.ecs, ...place.ec2, ...place.ssm, now })] as const,
  )
  return async (tasks) => {
    const members = Map.groupBy(tasks, ({ clusterArn }) => places.of(clusterArn))
    const found = await Promise.all(
      resolvers.map(async ([place, resolve]) => [place, await resolve(members.get(place) ?? [])] as const),
    )
    const resolved = new Map(found)
    return (task) => {
      const own = resolved.get(places.of(task.clusterArn))
      if (own === undefined) throw new Error(`no account is asked about ${task.clusterArn}`)
      return own(task)
    }
  }
}

/** Which of a cluster's container instances can run tasks now, as its own account says. */
export function usableInPlaces(places: AwsPlaces): UsableHosts {
  const asked = new Map<AwsPlace, UsableHosts>(
    places.all.map((place) => [place, createUsableHosts({ ...place.ecs, ...place.ec2 })]),
  )
  return async (cluster, arns) => (await asked.get(places.of(cluster))?.(cluster, arns)) ?? new Set()
}
