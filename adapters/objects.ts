import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { QuaysideError } from '../core/errors.ts'
import { refreshAfterMs } from '../core/publish/sweep-plan.ts'
import type { Clock } from './clock.ts'
import { awsFailure, isBucketMissing, statusOf } from './releases-errors.ts'

export type ObjectHeaders = {
  readonly IfMatch?: string
  readonly IfNoneMatch?: string
  readonly CacheControl?: string
  readonly ContentEncoding?: string
  readonly ContentType?: string
}

/** The objects of one bucket. Every failure is a QuaysideError that names the object. */
export type Objects = {
  /** Null where there is no such object. */
  readonly read: (key: string) => Promise<{ readonly bytes: Uint8Array; readonly etag: string } | null>
  /** Throws RELEASE_CONFLICT where a condition of the headers doesn't hold. Returns the new ETag. */
  readonly put: (key: string, body: Uint8Array | string, headers: ObjectHeaders) => Promise<string>
  /**
   * Writes an object whose key says what is in it. What is there already stays as it is, unless it is so old that a sweep could be
   * about to remove it: then it is written again, which makes a new version that no sweep has seen.
   */
  readonly putOnce: (key: string, make: () => Promise<ImmutableObject>) => Promise<void>
}

export type ImmutableObject = ObjectHeaders & { readonly Body: Uint8Array | string }

const json = 'application/json'
const mostAttempts = 5

export function openObjects(s3: Pick<S3Client, 'send'>, bucket: string, now: Clock): Objects {
  /** Keys that surely exist, so that an unchanged file costs no request, and until when that spares another look. */
  const known = new Map<string, number>()

  async function read(key: string): Promise<{ bytes: Uint8Array; etag: string } | null> {
    try {
      const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      const bytes = await answer.Body?.transformToByteArray()
      return { bytes: bytes ?? new Uint8Array(), etag: answer.ETag ?? '' }
    } catch (error) {
      if (statusOf(error) === 404 && !isBucketMissing(error)) return null
      throw awsFailure(error, `reading s3://${bucket}/${key}`)
    }
  }

  /** Unix milliseconds at which it was written; null where it is gone. */
  async function writtenAt(key: string): Promise<number | null> {
    try {
      const { LastModified } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
      return LastModified?.getTime() ?? 0
    } catch (error) {
      // A HEAD has no body that could tell a missing bucket; the write before it has found the bucket.
      if (statusOf(error) === 404) return null
      throw awsFailure(error, `looking at s3://${bucket}/${key}`)
    }
  }

  async function put(key: string, body: Uint8Array | string, headers: ObjectHeaders): Promise<string> {
    try {
      const answer = await s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: json, ...headers }),
      )
      return answer.ETag ?? ''
    } catch (error) {
      throw awsFailure(error, `writing s3://${bucket}/${key}`)
    }
  }

  async function putOnce(key: string, make: () => Promise<ImmutableObject>): Promise<void> {
    if ((known.get(key) ?? 0) > now()) return
    const { Body, ...headers } = await make()
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await put(key, Body, { ...headers, IfNoneMatch: '*' }).then(
        () => 'written' as const,
        (error: unknown) => whyNot(error, attempt),
      )
      const at = outcome === 'written' ? now() : outcome === 'is there' ? await writtenAt(key) : null
      if (at === null) continue
      const isOld = at + refreshAfterMs <= now()
      if (isOld) await put(key, Body, headers)
      known.set(key, (isOld ? now() : at) + refreshAfterMs)
      return
    }
  }

  return { read, put, putOnce }
}

/**
 * 412: whoever was first has written the same content, since the name is its digest. 409: the other write of it may still fail, so it
 * is tried again.
 */
function whyNot(error: unknown, attempt: number): 'is there' | 'again' {
  if (!(error instanceof QuaysideError) || error.code !== 'RELEASE_CONFLICT') throw error
  if (attempt === mostAttempts) throw error
  return statusOf(error.cause) === 409 ? 'again' : 'is there'
}
