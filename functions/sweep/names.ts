import { QuaysideError } from '../../core/errors.ts'
import { digestsIn, newestPublications, type StoredVersion } from '../../core/publish/sweep-plan.ts'
import { forgottenMs } from '../../core/release/fleet.ts'
import { blobKey, hostReportPrefix, layoutKey, publicationKey } from '../../core/release/keys.ts'
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
 * the layouts and states that these name. Throws where a channel, or a layout or state that a channel names, can't be read: a sweep that doesn't know what is
 * in use must not go on.
 */
export async function readNames(
  bucket: SweepBucket,
  stored: readonly StoredVersion[],
  now: number,
): Promise<Names> {
  const channels = await readChannels(bucket)
  const reports = await bucket.list(hostReportPrefix)
  const recent = reports.filter(({ at }) => now - at < forgottenMs).map(({ key }) => key)
  const newest = newestPublications([...new Set(stored.map(({ key }) => key))]).map(publicationKey)
  const told = await readAll(bucket, [...recent, ...newest])
  const digests = new Set([...channels.map(({ text }) => text), ...told].flatMap(digestsIn))
  const keys = new Set(stored.map(({ key }) => key))
  const layouts = [...digests].map(layoutKey).filter((key) => keys.has(key))
  for (const text of await readAll(bucket, layouts)) for (const digest of digestsIn(text)) digests.add(digest)
  for (const text of await readNeeded(bucket, channels, ({ layouts }) => layouts))
    for (const digest of digestsIn(text)) digests.add(digest)
  for (const text of await readNeeded(bucket, channels, ({ states }) => states))
    for (const digest of digestsIn(text)) digests.add(digest)
  return { digests, channels: channels.length, hosts: recent.length, publications: newest.length }
}

/** What a channel says, and the keys of what it needs: of its layouts, and of the state whose parts are blobs too. */
type Channel = {
  readonly text: string
  readonly layouts: readonly string[]
  readonly states: readonly string[]
}

async function readChannels(bucket: SweepBucket): Promise<readonly Channel[]> {
  const keys = (await bucket.list('channels/')).map(({ key }) => key)
  const texts = await readAll(bucket, keys)
  if (texts.length === 0)
    throw new QuaysideError(
      'RELEASE_INVALID',
      'The bucket has no channel, so nothing in it would be in use. Nothing was removed. Is it the release bucket, and has the publisher run?',
    )
  return texts.map((text) => {
    const { layout, previousLayout, pin, promoted, state } = parsePointer(text).pointer
    const all = [layout.sha256, previousLayout?.sha256, pin?.layout, promoted?.layout].filter(
      (id) => id !== undefined,
    )
    return { text, layouts: all.map(layoutKey), states: [blobKey(state.sha256)] }
  })
}

/** What channels need. Some may have been stored since the listing. */
async function readNeeded(
  bucket: SweepBucket,
  channels: readonly Channel[],
  keysOf: (channel: Channel) => readonly string[],
): Promise<readonly string[]> {
  const keys = new Set(channels.flatMap(keysOf))
  return Promise.all(
    [...keys].map(async (key) => {
      const text = await bucket.read(key)
      if (text !== null) return text
      const words = `${key} is missing, though a channel names it. Nothing was removed.`
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
