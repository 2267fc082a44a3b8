import { S3Client } from '@aws-sdk/client-s3'
import { awsTimeouts } from '../../adapters/aws-errors.ts'
import type { Terminal } from './command.ts'
import { UsageError } from './usage-error.ts'

/** The two options of every command that reads the release bucket, for `readFlags`. */
export const bucketFlags = { bucket: 'text', channel: 'text' } as const

export type BucketFlags = { readonly bucket: string | null; readonly channel: string | null }

export const bucketHelp = `  --bucket <bucket>      the deployment's release bucket      (QUAYSIDE_BUCKET)
  --channel <name>       which channel                                (current)`

/** The bucket and channel that the options name. */
export function placeOf(flags: BucketFlags, { env }: Terminal): { bucket: string; channel: string } {
  const bucket = flags.bucket ?? env.QUAYSIDE_BUCKET ?? ''
  if (bucket === '')
    throw new UsageError('--bucket is needed: the release bucket of the deployment (or QUAYSIDE_BUCKET).')
  return { bucket, channel: flags.channel ?? 'current' }
}

/** A client with the credentials and the region of the environment. */
export function openS3(): S3Client {
  return new S3Client(awsTimeouts)
}
