import { readFile, rm } from 'node:fs/promises'
import { sha256 } from '../core/canonical.ts'
import { QuaysideError } from '../core/errors.ts'
import type { Ref } from '../core/release/channel.ts'
import { blobKey } from '../core/release/keys.ts'
import { onDisk, replaceFile } from './disk.ts'
import type { Folders } from './folders.ts'

type Source = { get(key: string, maxBytes: number): Promise<Buffer> }

/** Content by its digest, on disk once it was fetched and checked. */
export type BlobStore = {
  /** The content; from `key` of the bucket where the disk doesn't have it. */
  read(ref: Ref, key?: string): Promise<Buffer>
  /** The content if the disk has it, and it is right. */
  held(ref: Ref): Promise<Buffer | null>
  /** Makes sure that each is on disk. */
  ensure(refs: readonly Ref[]): Promise<void>
  /** Keeps content that this host made itself. */
  keep(content: string): Promise<Ref>
}

/** No release is larger; a signed size above it is refused before anything is downloaded. */
const largestBytes = 64 * 1024 * 1024
const parallel = 8

/** Throws RELEASE_CORRUPT for content that isn't what was signed, RELEASE_INVALID for a size that is too large, HOST_DISK, AWS_*. */
export function createBlobStore(bucket: Source, folders: Folders): BlobStore {
  const read = async (ref: Ref, key = blobKey(ref.sha256)) => {
    const held = await readHeld(folders.blob(ref.sha256), ref)
    if (held !== null) return held
    if (ref.size > largestBytes) throw tooLarge(key, ref)
    const content = await bucket.get(key, ref.size)
    check(key, content, ref)
    await store(folders, ref.sha256, content)
    return content
  }
  return {
    read,
    held: (ref) => readHeld(folders.blob(ref.sha256), ref),
    async ensure(refs) {
      const queue = [...new Map(refs.map((ref) => [ref.sha256, ref])).values()]
      const work = async () => {
        for (let ref = queue.pop(); ref !== undefined; ref = queue.pop()) await read(ref)
      }
      await Promise.all(Array.from({ length: parallel }, work))
    },
    async keep(content) {
      const ref = { sha256: sha256(content), size: Buffer.byteLength(content) }
      if ((await readHeld(folders.blob(ref.sha256), ref)) === null) await store(folders, ref.sha256, content)
      return ref
    },
  }
}

/** What is on disk was synced before it got its name, yet a disk may still rot: it is checked each time it is read. */
async function readHeld(path: string, ref: Ref): Promise<Buffer | null> {
  const content = await readFile(path).catch(() => null)
  if (content === null) return null
  if (content.length === ref.size && sha256(content) === ref.sha256) return content
  await rm(path, { force: true })
  return null
}

function store(folders: Folders, digest: string, content: string | Uint8Array): Promise<void> {
  return onDisk(`store blob ${digest} in ${folders.blobs}`, () => replaceFile(folders.blob(digest), content))
}

function check(key: string, content: Buffer, ref: Ref): void {
  if (content.length !== ref.size)
    throw new QuaysideError('RELEASE_CORRUPT', `${key} has ${content.length} bytes, signed are ${ref.size}`)
  const digest = sha256(content)
  if (digest !== ref.sha256)
    throw new QuaysideError('RELEASE_CORRUPT', `${key} has digest ${digest}, signed is ${ref.sha256}`)
}

function tooLarge(key: string, { size }: Ref): QuaysideError {
  return new QuaysideError('RELEASE_INVALID', `${key} has ${size} bytes, at most ${largestBytes} are allowed`)
}
