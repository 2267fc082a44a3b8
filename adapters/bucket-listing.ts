import {
  DeleteObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { QuaysideError } from '../core/errors.ts'
import type { StoredVersion } from '../core/publish/sweep-plan.ts'
import { chunksOf } from './chunks.ts'
import { awsFailure } from './releases-errors.ts'

type S3 = Pick<S3Client, 'send'>

/** What S3 takes in one request. */
const mostDeletes = 1_000

/** An object as a listing shows it; `at` is when it was written, in Unix milliseconds. */
export type ListedObject = { readonly key: string; readonly at: number }

/** The objects whose keys begin with `prefix` and come after `after`, in the order of their keys. */
export async function listObjects(
  s3: S3,
  bucket: string,
  prefix: string,
  after = '',
): Promise<readonly ListedObject[]> {
  const found: ListedObject[] = []
  let token: string | undefined
  do {
    const first = after === '' ? {} : { StartAfter: after }
    const place = token === undefined ? first : { ContinuationToken: token }
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...place })
    const page = await listing(bucket, prefix, () => s3.send(command))
    for (const { Key = '', LastModified } of page.Contents ?? [])
      found.push({ key: Key, at: LastModified?.getTime() ?? Number.POSITIVE_INFINITY })
    token = page.NextContinuationToken
  } while (token !== undefined)
  return found
}

/** Every version of every key below `prefix`, delete markers too. */
export async function listVersions(
  s3: S3,
  bucket: string,
  prefix: string,
): Promise<readonly StoredVersion[]> {
  const versions: StoredVersion[] = []
  let marker: { readonly KeyMarker?: string; readonly VersionIdMarker?: string } | null = {}
  while (marker !== null) {
    const command: ListObjectVersionsCommand = new ListObjectVersionsCommand({
      ...{ Bucket: bucket, Prefix: prefix },
      ...marker,
    })
    const page = await listing(bucket, prefix, () => s3.send(command))
    for (const one of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) versions.push(read(one))
    const { NextKeyMarker, NextVersionIdMarker } = page
    marker =
      page.IsTruncated !== true || NextKeyMarker === undefined
        ? null
        : {
            KeyMarker: NextKeyMarker,
            ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }),
          }
  }
  return versions
}

/** Removes exactly these versions for good; one that is gone already counts as removed. */
export async function deleteVersions(
  s3: S3,
  bucket: string,
  versions: readonly Pick<StoredVersion, 'key' | 'version'>[],
): Promise<void> {
  for (const part of chunksOf(versions, mostDeletes)) {
    const Objects = part.map(({ key, version }) => ({ Key: key, VersionId: version }))
    const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } })
    const doing = `removing ${part.length} objects of s3://${bucket}`
    const { Errors = [] } = await s3.send(command).catch((error: unknown) => {
      throw awsFailure(error, doing)
    })
    const [first] = Errors
    if (first === undefined) continue
    const code = first.Code === 'AccessDenied' ? 'AWS_DENIED' : 'AWS_FAILED'
    throw new QuaysideError(
      code,
      `S3 failed ${Errors.length} times when ${doing}, first for ${first.Key}: ${first.Code} ${first.Message}`,
    )
  }
}

function read(one: {
  readonly Key?: string | undefined
  readonly VersionId?: string | undefined
  readonly Size?: number | undefined
  readonly LastModified?: Date | undefined
}): StoredVersion {
  return {
    key: one.Key ?? '',
    version: one.VersionId ?? 'null',
    size: one.Size ?? 0,
    // Without a time it counts as new, and new things are spared.
    at: one.LastModified?.getTime() ?? Number.POSITIVE_INFINITY,
  }
}

async function listing<T>(bucket: string, prefix: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw awsFailure(error, `listing s3://${bucket}/${prefix}`)
  }
}
