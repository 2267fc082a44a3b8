import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { QuaysideError } from '../core/errors.ts'
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
  /** Writes an object whose key says what is in it; what is there already stays as it is. */
  readonly putOnce: (key: string, make: () => Promise<ImmutableObject>) => Promise<void>
}

export type ImmutableObject = ObjectHeaders & { readonly Body: Uint8Array | string }

const json = 'application/json'
const mostAttempts = 5

export function openObjects(s3: Pick<S3Client, 'send'>, bucket: string): Objects {
  /** Keys that surely exist: seen or written in this session, so that an unchanged file costs no request. */
  const known = new Set<string>()

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
    if (known.has(key)) return
    const { Body, ...headers } = await make()
    for (let attempt = 1; ; attempt += 1) {
      const settled = await put(key, Body, { ...headers, IfNoneMatch: '*' }).then(
        () => true,
        (error: unknown) => isThere(error, attempt),
      )
      if (settled) break
    }
    known.add(key)
  }

  return { read, put, putOnce }
}

/**
 * 412: whoever was first has written the same content, since the name is its digest. 409: the other write of it may still fail, so it
 * is tried again.
 */
function isThere(error: unknown, attempt: number): boolean {
  if (!(error instanceof QuaysideError) || error.code !== 'RELEASE_CONFLICT') throw error
  if (statusOf(error.cause) !== 409) return true
  if (attempt === mostAttempts) throw error
  return false
}
