import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IBucket } from 'aws-cdk-lib/aws-s3'

/** The names of a bucket and its objects. */
export type Objects = Pick<IBucket, 'bucketArn' | 'arnForObjects'>

/** Why statements on the release bucket have wildcards, by sid. */
export const releaseWildcardReasons = {
  WriteReleases: 'Objects of these folders are named by their content or their number.',
  ReadHostReports: 'Reports are named for the hosts, which come and go.',
  ReadWhatIsInUse: 'Objects of these folders are named by their content, their number or a host.',
  RemoveVersions: 'Objects of these folders are named by their content, their number or a host.',
  PullReleases: 'Objects of these folders are named by their content.',
}

/**
 * Reads and writes releases. Written by hand, because the library's own grants also allow tags, legal holds and retention.
 */
export function publishReleases(bucket: Objects): PolicyStatement[] {
  const folders = ['blobs', 'layouts', 'channels', 'publications']
  return [
    new PolicyStatement({
      sid: 'WriteReleases',
      // A write on a condition needs the right to read too.
      actions: ['s3:GetObject', 's3:PutObject'],
      resources: below(bucket, folders),
    }),
    new PolicyStatement({
      sid: 'ReadHostReports',
      actions: ['s3:GetObject'],
      resources: below(bucket, ['hosts']),
    }),
    list(bucket, 'ListReleases', null),
  ]
}

/**
 * Removes what nothing in use names, and reports of hosts that are gone: single versions, and never a channel. Of blobs
 * only the states that channels name are read.
 */
export function sweepReleases(bucket: Objects): PolicyStatement[] {
  const removable = ['blobs', 'layouts', 'publications', 'hosts']
  return [
    new PolicyStatement({
      sid: 'ReadWhatIsInUse',
      actions: ['s3:GetObject'],
      resources: below(bucket, [...removable, 'channels'].sort()),
    }),
    list(bucket, 'ListVersions', null, ['s3:ListBucket', 's3:ListBucketVersions']),
    new PolicyStatement({
      sid: 'RemoveVersions',
      actions: ['s3:DeleteObjectVersion'],
      resources: below(bucket, removable),
    }),
  ]
}

/** What an nginx host does: it reads releases, and writes its own report and nobody else's. */
export function followReleases(bucket: Objects): PolicyStatement[] {
  const folders = ['channels', 'layouts', 'blobs']
  return [
    new PolicyStatement({
      sid: 'PullReleases',
      actions: ['s3:GetObject'],
      resources: below(bucket, folders),
    }),
    list(bucket, 'SeeWhatIsMissing', folders),
    new PolicyStatement({
      sid: 'WriteOwnReport',
      actions: ['s3:PutObject'],
      // IAM puts in the caller's own id, <role id>:<instance id>.
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a variable of IAM, not of this file
      resources: [bucket.arnForObjects('hosts/${aws:userid}.json')],
    }),
  ]
}

function below(bucket: Objects, folders: readonly string[]): string[] {
  return folders.map((folder) => bucket.arnForObjects(`${folder}/*`))
}

/**
 * Listing is what makes S3 answer "not there" for a missing object instead of "denied". It is said to look for that right with the
 * object's key as the prefix, which AWS documents nowhere: hosts, which may see no more than they read, can do without it, and the
 * functions, to whom the whole bucket belongs, don't depend on it. Null: the whole bucket.
 */
function list(
  bucket: Objects,
  sid: string,
  folders: readonly string[] | null,
  actions: string[] = ['s3:ListBucket'],
): PolicyStatement {
  const prefixes = folders?.map((folder) => `${folder}/*`)
  return new PolicyStatement({
    sid,
    actions,
    resources: [bucket.bucketArn],
    ...(prefixes !== undefined && { conditions: { StringLike: { 's3:prefix': prefixes } } }),
  })
}
