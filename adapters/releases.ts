import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { S3Client } from '@aws-sdk/client-s3'
import { sha256 } from '../core/canonical.ts'
import { QuaysideError } from '../core/errors.ts'
import {
  blobKey,
  channelKey,
  generationOf,
  layoutKey,
  publicationKey,
  publicationPrefix,
} from '../core/release/keys.ts'
import { listObjects } from './bucket-listing.ts'
import { type Clock, systemClock } from './clock.ts'
import { openObjects } from './objects.ts'

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
  /** Stores content under its digest. What is there already stays, and no sweep that is under way takes it away. */
  readonly putBlob: (content: string) => Promise<void>
  readonly readLayout: (id: string) => Promise<string>
  readonly putLayout: (id: string, content: string) => Promise<void>
  readonly putPublication: (generation: number, content: string) => Promise<void>
  /** Null where there is none, or none any more. */
  readonly readPublication: (generation: number) => Promise<string | null>
  /** Generations that have a publication and are above `after`, in order. */
  readonly listPublications: (after: number) => Promise<readonly number[]>
}

export type StoredPointer = { readonly content: string; readonly etag: string }

const restore = 'Restore its earlier version: OPERATIONS.md says how, and what to do if there is none.'
const compress = promisify(gzip)
const decompress = promisify(gunzip)

export function openReleases(s3: Pick<S3Client, 'send'>, bucket: string, now: Clock = systemClock): Releases {
  const { read, put, putOnce } = openObjects(s3, bucket, now)

  async function needed(key: string): Promise<Uint8Array> {
    const found = await read(key)
    if (found !== null) return found.bytes
    throw new QuaysideError(
      'RELEASE_CORRUPT',
      `s3://${bucket}/${key} is missing, though a channel names it. ${restore}`,
    )
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
      const stored = await needed(blobKey(digest))
      // What doesn't decompress has other content, too.
      const bytes = await decompress(stored).catch(() => null)
      if (bytes !== null && sha256(bytes) === digest) return bytes.toString()
      throw new QuaysideError(
        'RELEASE_CORRUPT',
        `s3://${bucket}/${blobKey(digest)} has other content than its name says. ${restore}`,
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
    readPublication: async (generation) => {
      const found = await read(publicationKey(generation))
      return found === null ? null : Buffer.from(found.bytes).toString()
    },
    listPublications: async (after) => {
      const listed = await listObjects(s3, bucket, publicationPrefix, publicationKey(after))
      return listed.flatMap(({ key }) => generationOf(key) ?? [])
    },
  }
}
