import type { Fault } from '../http-server.ts'
import { accessDenied, S3Error } from './errors.ts'
import type { S3Request } from './request.ts'
import type { SigningSecret } from './signature.ts'
import type { Bucket } from './store.ts'

/** One key pair and what its owner may do. */
export type AccessKey = SigningSecret & {
  /** Without s3:ListBucket a missing key is answered 403, so that nobody learns which keys exist. */
  readonly allowList?: boolean
  /** False refuses that one request with 403, like a policy that doesn't allow it. */
  readonly allow?: (request: S3Request) => boolean
}

export type S3Options = {
  readonly port?: number
  /** Buckets to begin with; 'Enabled' has versioning on. */
  readonly buckets?: readonly string[] | Readonly<Record<string, 'Enabled' | 'Suspended' | undefined>>
  /** Whether callers have s3:ListBucket where no access key says otherwise. Default true. */
  readonly allowList?: boolean
  /** Key pairs by access key id. Given, every other caller gets 403; absent, anybody may do anything. */
  readonly accessKeys?: Readonly<Record<string, AccessKey>>
  /** Verifies Signature Version 4 with the secrets of `accessKeys`. */
  readonly verifySignatures?: boolean
  /** The region that signatures must name; any where absent. */
  readonly region?: string
  /** Largest object in bytes; default 64 MiB. */
  readonly maxObjectBytes?: number
  readonly faults?: (request: S3Request) => Fault | undefined
  /**
   * Awaited when a PUT's body is complete and its condition not yet judged: holds a write in flight, to race
   * with it.
   */
  readonly beforeCommit?: (request: S3Request) => Promise<void> | void
  readonly now?: () => Date
}

/** What the actions work on. */
export type S3Context = {
  readonly buckets: Map<string, Bucket>
  readonly options: S3Options
  now(): Date
}

export const maxObjectBytes = ({ maxObjectBytes: limit = 64 * 1024 * 1024 }: S3Options): number => limit

export function bucketOf(context: S3Context, request: S3Request): Bucket {
  const bucket = context.buckets.get(request.bucket)
  if (bucket === undefined)
    throw new S3Error(404, 'NoSuchBucket', `The specified bucket does not exist: ${request.bucket}`)
  return bucket
}

export function mayList({ options }: S3Context, request: S3Request): boolean {
  const key = options.accessKeys?.[request.accessKeyId ?? '']
  return key?.allowList ?? options.allowList ?? true
}

/** S3's answer for a key that isn't there depends on whether the caller may list. */
export function requireList(context: S3Context, request: S3Request): void {
  if (!mayList(context, request)) throw accessDenied()
}
