import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { sha256 } from '../core/canonical.ts'
import { QuaysideError } from '../core/errors.ts'
import { blobKey, channelKey, layoutKey, publicationKey } from '../core/release/keys.ts'
import { awsFailure, isBucketMissing, statusOf } from './releases-errors.ts'

/** The release bucket as publishers and operators use it. Every failure is a QuaysideError that names the object. */
export type Releases = {
  /** The pointer's text with its ETag, or null where nothing was published yet. */
  readonly readPointer: (channel: string) => Promise<StoredPointer | null>
  /**
   * Replaces the pointer if it still has that ETag, or creates it if `etag` is null. Throws RELEASE_CONFLICT if it was replaced
   * meanwhile. Returns the new ETag.
   */
  readonly putPointer: (channel: string, content: string, etag: string | null) => Promise<string>
  /** Throws RELEASE_CORRUPT where the content isn't what its name says. */
  readonly readBlob: (sha256: string) => Promise<string>
  /** Stores content under its digest; what is there already stays as it is. */
  readonly putBlob: (content: string) => Promise<void>
  readonly readLayout: (id: string) => Promise<string>
  readonly putLayout: (id: string, content: string) => Promise<void>
  readonly putPublication: (generation: number, content: string) => Promise<void>
}

export type StoredPointer = { readonly content: string; readonly etag: string }

const compress = promisify(gzip)
const decompress = promisify(gunzip)
const json = 'application/json'

export function openReleases(s3: Pick<S3Client, 'send'>, bucket: string): Releases {
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

  async function put(key: string, body: Uint8Array | string, headers: Headers): Promise<string> {
    try {
      const answer = await s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: json, ...headers }),
      )
      return answer.ETag ?? ''
    } catch (error) {
      throw awsFailure(error, `writing s3://${bucket}/${key}`)
    }
  }

  async function putOnce(
    key: string,
    body: () => Promise<Headers & { Body: Uint8Array | string }>,
  ): Promise<void> {
    if (known.has(key)) return
    const { Body, ...headers } = await body()
    for (let attempts = 1; ; attempts += 1) {
      try {
        await put(key, Body, { ...headers, IfNoneMatch: '*' })
        break
      } catch (error) {
        if (!isConflict(error)) throw error
        // 412: whoever was first has written the same content, since the name is its digest. 409: the other write of it
        // may still fail.
        if (statusOf(error.cause) !== 409) break
        if (attempts === 5) throw error
      }
    }
    known.add(key)
  }

  async function needed(key: string): Promise<Uint8Array> {
    const found = await read(key)
    if (found !== null) return found.bytes
    throw new QuaysideError('RELEASE_CORRUPT', `s3://${bucket}/${key} is missing, though a channel names it.`)
  }

  return {
    readPointer: async (channel) => {
      const found = await read(channelKey(channel))
      return found === null ? null : { content: Buffer.from(found.bytes).toString(), etag: found.etag }
    },
    putPointer: (channel, content, etag) =>
      put(channelKey(channel), content, {
        CacheControl: 'no-cache',
        ...(etag === null ? { IfNoneMatch: '*' } : { IfMatch: etag }),
      }),
    readBlob: async (digest) => {
      const bytes = await decompress(await needed(blobKey(digest)))
      if (sha256(bytes) === digest) return bytes.toString()
      throw new QuaysideError(
        'RELEASE_CORRUPT',
        `s3://${bucket}/${blobKey(digest)} has other content than its name says.`,
      )
    },
    putBlob: (content) =>
      putOnce(blobKey(sha256(content)), async () => ({
        Body: await compress(content),
        ContentEncoding: 'gzip',
        ContentType: 'application/octet-stream',
      })),
    readLayout: async (id) => Buffer.from(await needed(layoutKey(id))).toString(),
    putLayout: (id, content) => putOnce(layoutKey(id), async () => ({ Body: content })),
    putPublication: async (generation, content) => {
      await put(publicationKey(generation), content, {})
    },
  }
}

type Headers = {
  readonly IfMatch?: string
  readonly IfNoneMatch?: string
  readonly CacheControl?: string
  readonly ContentEncoding?: string
  readonly ContentType?: string
}

function isConflict(error: unknown): error is QuaysideError {
  return error instanceof QuaysideError && error.code === 'RELEASE_CONFLICT'
}
