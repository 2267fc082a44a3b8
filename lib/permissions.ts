import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { ConsulConfig, QuaysideConfig } from '../core/settings/config.ts'

/** What the statements below need to know of the stack that they are for. */
export type Home = Pick<QuaysideConfig, 'account' | 'region' | 'clusters'> & { readonly partition: string }

/** The names of a bucket and its objects. */
export type Objects = Pick<IBucket, 'bucketArn' | 'arnForObjects'>

/** Addresses, TLS material and token of Consul. */
export function readConsulSecret(home: Home, consul: ConsulConfig): PolicyStatement[] {
  const read = new PolicyStatement({
    sid: 'ReadConsulSecret',
    actions: ['secretsmanager:GetSecretValue'],
    resources: secretArns(home, consul.secret),
  })
  if (consul.secretKeyArn === null) return [read]
  const decrypt = new PolicyStatement({
    sid: 'DecryptConsulSecret',
    actions: ['kms:Decrypt'],
    resources: [consul.secretKeyArn],
    conditions: { StringLike: { 'kms:ViaService': `secretsmanager.${home.region}.*` } },
  })
  return [read, decrypt]
}

/** Looks up tasks, their definitions and their hosts: what an event leaves out. */
export function describeTasks(home: Home): PolicyStatement[] {
  const below = (kind: string) => home.clusters.map(({ arn }) => `${arn.replace(':cluster/', `:${kind}/`)}/*`)
  return [
    new PolicyStatement({
      sid: 'DescribeTasks',
      actions: ['ecs:DescribeTasks', 'ecs:DescribeContainerInstances'],
      resources: [...below('task'), ...below('container-instance')],
    }),
    new PolicyStatement({
      sid: 'DescribeHosts',
      // None of these calls knows resources: a definition belongs to no cluster, and EC2 and SSM filter only what they answer.
      actions: ['ecs:DescribeTaskDefinition', 'ec2:DescribeInstances', 'ssm:DescribeInstanceInformation'],
      resources: ['*'],
    }),
  ]
}

/** Asks services whether they run what their cluster doesn't list any more. */
export function describeServices(home: Home): PolicyStatement {
  return new PolicyStatement({
    sid: 'DescribeServices',
    actions: ['ecs:DescribeServices'],
    resources: home.clusters.map(({ arn }) => `${arn.replace(':cluster/', ':service/')}/*`),
  })
}

/** Names the tasks of the clusters, for comparing them with the catalog. */
export function listTasks(home: Home): PolicyStatement {
  return new PolicyStatement({
    sid: 'ListTasks',
    // Listing is narrowed by the cluster key, because its resource type exists for container instances only.
    actions: ['ecs:ListTasks'],
    resources: ['*'],
    conditions: { ArnEquals: { 'ecs:cluster': home.clusters.map(({ arn }) => arn) } },
  })
}

/** Sends health follow-ups. */
export function sendMessages(queue: IQueue): PolicyStatement {
  return new PolicyStatement({
    sid: 'SendFollowUps',
    actions: ['sqs:SendMessage'],
    resources: [queue.queueArn],
  })
}

/**
 * Reads and writes releases. Listing is what turns "denied" into "not there" for a missing key. Written by hand, because
 * the library's own grants also allow tags, legal holds and retention.
 */
export function publishReleases(bucket: Objects): PolicyStatement[] {
  const below = (...folders: string[]) => folders.map((folder) => bucket.arnForObjects(`${folder}/*`))
  const written = below('blobs', 'layouts', 'channels', 'publications')
  return [
    new PolicyStatement({
      sid: 'WriteReleases',
      actions: ['s3:GetObject', 's3:PutObject'],
      resources: written,
    }),
    new PolicyStatement({ sid: 'ReadHostReports', actions: ['s3:GetObject'], resources: below('hosts') }),
    new PolicyStatement({ sid: 'ListReleases', actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
  ]
}

/**
 * Removes what nothing in use names, and reports of hosts that are gone: single versions, and never a channel. Blobs aren't
 * even read.
 */
export function sweepReleases(bucket: Objects): PolicyStatement[] {
  const below = (...folders: string[]) => folders.map((folder) => bucket.arnForObjects(`${folder}/*`))
  return [
    new PolicyStatement({
      sid: 'ReadWhatIsInUse',
      actions: ['s3:GetObject'],
      resources: below('blobs', 'channels', 'hosts', 'layouts', 'publications'),
    }),
    new PolicyStatement({
      sid: 'ListVersions',
      actions: ['s3:ListBucket', 's3:ListBucketVersions'],
      resources: [bucket.bucketArn],
    }),
    new PolicyStatement({
      sid: 'RemoveVersions',
      actions: ['s3:DeleteObjectVersion'],
      resources: below('blobs', 'layouts', 'publications', 'hosts'),
    }),
  ]
}

/** Signs pointers, with the one algorithm that hosts verify. */
export function signPointers(key: IKey): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'SignPointers',
      actions: ['kms:Sign'],
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:SigningAlgorithm': 'ED25519_SHA_512' } },
    }),
    new PolicyStatement({ sid: 'ReadPublicKey', actions: ['kms:GetPublicKey'], resources: [key.keyArn] }),
  ]
}

/**
 * A secret's ARN ends in a hyphen and six random characters, which a name leaves out and an ARN may: nothing tells
 * `…:secret:my-secret` from a complete one, so an ARN stands for both.
 */
function secretArns({ partition, region, account }: Home, secret: string): string[] {
  if (secret.startsWith('arn:')) return [secret, `${secret}-??????`]
  return [`arn:${partition}:secretsmanager:${region}:${account}:secret:${secret}-??????`]
}
