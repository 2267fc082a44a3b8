import { QuaysideError } from '../../core/errors.ts'
import { digestsIn, hostMs, newestPublications, type StoredVersion } from '../../core/publish/sweep-plan.ts'
import { layoutKey, publicationKey } from '../../core/release/keys.ts'
import { parsePointer } from '../../core/release/parse-pointer.ts'
import type { SweepBucket } from './sweep.ts'

/** What is in use: the digests that are named, and by how many things of each kind. */
export type Names = {
  readonly digests: ReadonlySet<string>
  readonly channels: number
  readonly hosts: number
  readonly publications: number
}

const atOnce = 16

/**
 * Reads everything that can name a blob or layout: all channels, hosts that reported lately, the newest publications, and
 * the layouts that these name. Throws where a channel, or a layout that a channel names, can't be read: a sweep that doesn't know what is
 * in use must not go on.
 */
export async function readNames(
  bucket: SweepBucket,
  stored: readonly StoredVersion[],
  now: number,
): Promise<Names> {
  const channels = await readChannels(bucket)
  const reports = await bucket.list('hosts/')
  const recent = reports.filter(({ at }) => now - at < hostMs).map(({ key }) => key)
  const newest = newestPublications([...new Set(stored.map(({ key }) => key))]).map(publicationKey)
  const told = await readAll(bucket, [...recent, ...newest])
  const digests = new Set([...channels.map(({ text }) => text), ...told].flatMap(digestsIn))
  const keys = new Set(stored.map(({ key }) => key))
  const layouts = [...digests].map(layoutKey).filter((key) => keys.has(key))
  for (const text of await readAll(bucket, layouts)) for (const digest of digestsIn(text)) digests.add(digest)
  for (const text of await readNeeded(bucket, channels))
    for (const digest of digestsIn(text)) digests.add(digest)
  return { digests, channels: channels.length, hosts: recent.length, publications: newest.length }
}

type Channel = { readonly text: string; readonly layouts: readonly string[] }

async function readChannels(bucket: SweepBucket): Promise<readonly Channel[]> {
  const keys = (await bucket.list('channels/')).map(({ key }) => key)
  const texts = await readAll(bucket, keys)
  if (texts.length === 0)
    throw new QuaysideError(
      'RELEASE_INVALID',
      'The bucket has no channel, so nothing in it would be in use. Nothing was removed. Is it the release bucket, and has the publisher run?',
    )
  return texts.map((text) => {
    const { layout, previousLayout, pin } = parsePointer(text).pointer
    const all = [layout.sha256, previousLayout?.sha256, pin?.layout]
    return { text, layouts: all.filter((id) => id !== undefined) }
  })
}

/** Layouts that channels name. One may have been stored since the listing. */
async function readNeeded(bucket: SweepBucket, channels: readonly Channel[]): Promise<readonly string[]> {
  const ids = new Set(channels.flatMap(({ layouts }) => layouts))
  return Promise.all(
    [...ids].map(async (id) => {
      const text = await bucket.read(layoutKey(id))
      if (text !== null) return text
      const words = `${layoutKey(id)} is missing, though a channel names it. Nothing was removed.`
      throw new QuaysideError('RELEASE_CORRUPT', words)
    }),
  )
}

/** The texts of those objects that are there. */
async function readAll(bucket: SweepBucket, keys: readonly string[]): Promise<readonly string[]> {
  const texts: string[] = []
  for (let from = 0; from < keys.length; from += atOnce) {
    const part = await Promise.all(keys.slice(from, from + atOnce).map((key) => bucket.read(key)))
    texts.push(...part.filter((text) => text !== null))
  }
  return texts
}
