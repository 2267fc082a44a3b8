import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import type { ClusterSettings } from '../core/settings/settings.ts'
import { awsTimeouts } from './aws-errors.ts'
import type { Ec2 } from './ec2.ts'
import type { Ecs } from './ecs.ts'
import type { Ssm } from './ssm.ts'

/** What one account says in one region about its tasks and their hosts. */
export type AwsPlace = { readonly ecs: Ecs; readonly ec2: Ec2; readonly ssm: Ssm }

/** A client's own settings for a place that isn't the functions': another region, and another account by a role there. */
export type PlaceConfig = {
  readonly region?: string
  readonly credentials?: ReturnType<typeof fromTemporaryCredentials>
}

export type AwsPlaces = {
  /** The place that an ARN names, of a cluster or of what is in one; the functions' own unless a cluster was configured elsewhere. */
  readonly of: (arn: string) => AwsPlace
  readonly all: readonly AwsPlace[]
}

/** Where and as whom roles are assumed; empty in AWS, where the environment says it. */
export type StsConfig = NonNullable<Parameters<typeof fromTemporaryCredentials>[0]['clientConfig']>

/** One set of clients for the functions' own account and region, and one for each other that the clusters are in. */
export function openPlaces(
  clusters: readonly Pick<ClusterSettings, 'arn' | 'events' | 'role'>[],
  sts: StsConfig,
  open: (config: PlaceConfig) => AwsPlace,
): AwsPlaces {
  const home = open({})
  const far = new Map<string, AwsPlace>()
  for (const { arn, events, role = null } of clusters) {
    if (events !== 'forwarded' || far.has(placeKey(arn))) continue
    const [, , , region = ''] = arn.split(':')
    far.set(placeKey(arn), open({ region, ...(role === null ? {} : { credentials: assumed(role, sts) }) }))
  }
  return { of: (arn) => far.get(placeKey(arn)) ?? home, all: [home, ...far.values()] }
}

/** ECS of every place behind one face: each call goes where its cluster or its definition is. */
export function ecsOfPlaces({ of }: AwsPlaces): Ecs {
  return {
    describeTasks: (cluster, arns) => of(cluster).ecs.describeTasks(cluster, arns),
    describeTaskDefinition: (arn) => of(arn).ecs.describeTaskDefinition(arn),
    describeContainerInstances: (cluster, arns) => of(cluster).ecs.describeContainerInstances(cluster, arns),
    connectedInstances: (cluster, arns) => of(cluster).ecs.connectedInstances(cluster, arns),
    runningCounts: (cluster, services) => of(cluster).ecs.runningCounts(cluster, services),
    listTasks: (cluster, desiredStatus) => of(cluster).ecs.listTasks(cluster, desiredStatus),
  }
}

/** The credentials of a role, assumed by the function's own; the clients ask again before they expire. */
function assumed(role: string, sts: StsConfig): ReturnType<typeof fromTemporaryCredentials> {
  const { credentials, ...clientConfig } = sts
  return fromTemporaryCredentials({
    params: { RoleArn: role, RoleSessionName: 'quayside' },
    // The client of the role asks STS in its own region unless it is told this one, where the endpoint may be.
    clientConfig: { ...awsTimeouts, ...clientConfig },
    ...(credentials === undefined ? {} : { masterCredentials: credentials }),
  })
}

/** Region and account of an ARN. */
function placeKey(arn: string): string {
  return arn.split(':').slice(3, 5).join(':')
}
