import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { S3Client } from '@aws-sdk/client-s3'
import type { StoredVersion } from '../core/publish/sweep-plan.ts'
import { isBlobKey } from '../core/release/keys.ts'
import { deleteVersions, type ListedObject, listObjects, listVersions } from './bucket-listing.ts'
import { systemClock } from './clock.ts'
import { openObjects } from './objects.ts'

const decompress = promisify(gunzip)

/** The release bucket as a sweep uses it. Every failure is a QuaysideError that names the object. */
export type SweepBucket = {
  readonly versions: (prefix: string) => Promise<readonly StoredVersion[]>
  readonly list: (prefix: string) => Promise<readonly ListedObject[]>
  /** The content as text, of blobs too, which are stored compressed; null where there is no such object. */
  readonly read: (key: string) => Promise<string | null>
  readonly remove: (versions: readonly StoredVersion[]) => Promise<void>
}

export function openSweepBucket(s3: Pick<S3Client, 'send'>, bucket: string): SweepBucket {
  const objects = openObjects(s3, bucket, systemClock)
  return {
    versions: (prefix) => listVersions(s3, bucket, prefix),
    list: (prefix) => listObjects(s3, bucket, prefix),
    read: async (key) => {
      const found = await objects.read(key)
      if (found === null) return null
      const bytes = isBlobKey(key) ? await decompress(found.bytes) : Buffer.from(found.bytes)
      return bytes.toString()
    },
    remove: (versions) => deleteVersions(s3, bucket, versions),
  }
}
