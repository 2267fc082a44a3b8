import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { awsTimeouts } from '../../adapters/aws-errors.ts'
import type { Clock } from '../../adapters/clock.ts'
import { openSweepBucket } from '../../adapters/sweep-bucket.ts'
import type { SweepDeps } from './sweep.ts'

export type SweepWiring = {
  readonly bucket: string
  readonly log: SweepDeps['log']
  readonly clock: Clock
  /** Where the client goes; empty in AWS, where the environment says it. */
  readonly s3?: S3ClientConfig
}

/** The handler's dependencies over a real client. */
export function createSweepDeps({ bucket, log, clock, s3 = {} }: SweepWiring): SweepDeps {
  return { bucket: openSweepBucket(new S3Client({ ...awsTimeouts, ...s3 }), bucket), now: clock, log }
}
