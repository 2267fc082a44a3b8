import type { Releases } from '../../adapters/releases.ts'
import type { Signer } from '../../adapters/signer.ts'
import { QuaysideError } from '../../core/errors.ts'
import type { ChannelIdentity } from '../../core/publish/next-pointer.ts'
import type { Pointer } from '../../core/release/channel.ts'
import { parsePointer, type ReadPointer } from '../../core/release/parse-pointer.ts'
import { readPublicKeys, verifyPointer } from '../../core/release/verify-pointer.ts'
import { isConflict, loadChannel, type Opened, replacePointer } from '../../functions/publish/channel.ts'

export type Editing = {
  readonly releases: Releases
  readonly channel: string
  readonly openSigner: (deployment: string) => Promise<Signer>
}

/** What an edit comes to: the pointer that replaces the one it saw, and the contents that it names and aren't there yet. */
export type Edit = { readonly pointer: Pointer; readonly blobs: readonly string[] }

export type Edited = { readonly before: Opened; readonly after: Pointer }

const mostAttempts = 10

/**
 * Replaces the pointer in force by what `decide` makes of it, by compare-and-set: where somebody else was faster, what is in force then
 * is read and decided upon anew. The leading publisher notices that its pointer was replaced, and goes on from the new one. Null where
 * `decide` gives null. Throws RELEASE_INVALID where nothing was published, or the key isn't the one that signed it: hosts would
 * refuse what it signs.
 */
export async function editChannel(
  editing: Editing,
  decide: (opened: Opened) => Promise<Edit | null>,
): Promise<Edited | null> {
  const { releases } = editing
  for (let attempt = 1; ; attempt += 1) {
    const { opened: before, signer, identity } = await openVerified(editing)
    const edit = await decide(before)
    if (edit === null) return null
    const [above] = await Promise.all([
      generationOf(releases, before.pointer.promoted?.from),
      ...edit.blobs.map((content) => releases.putBlob(content)),
    ])
    const next = { ...edit.pointer, generation: Math.max(edit.pointer.generation, above + 1) }
    try {
      const { pointer: after } = await replacePointer({ releases, signer, identity }, next, before.etag)
      return { before, after }
    } catch (error) {
      if (!isConflict(error) || attempt === mostAttempts) throw error
    }
  }
}

/** Accounts of a channel and of its canary are stored by their generations, which must not meet. */
async function generationOf(
  releases: Pick<Releases, 'readPointer'>,
  channel: string | undefined,
): Promise<number> {
  const stored = channel === undefined ? null : await releases.readPointer(channel)
  return stored === null ? 0 : parsePointer(stored.content).pointer.generation
}

/** What is in force, if the key at hand is the one that signed it. */
export async function openVerified({ releases, channel, openSigner }: Editing): Promise<{
  readonly opened: Opened
  readonly signer: Signer
  readonly identity: ChannelIdentity
}> {
  const { read, etag } = await readPointer(releases, channel)
  const { deployment } = read.pointer
  const signer = await openSigner(deployment)
  const identity = { deployment, channel, lifeMs: 0 }
  const pointer = verifyPointer(read, readPublicKeys([signer.publicKey]), identity)
  return { opened: await loadChannel(releases, { pointer, etag }), signer, identity }
}

/** The channel's pointer as it is stored. Throws RELEASE_INVALID where nothing was published yet. */
export async function readPointer(
  releases: Pick<Releases, 'readPointer'>,
  channel: string,
): Promise<{ readonly read: ReadPointer; readonly etag: string }> {
  const stored = await releases.readPointer(channel)
  if (stored !== null) return { read: parsePointer(stored.content), etag: stored.etag }
  throw new QuaysideError('RELEASE_INVALID', `Nothing was published on channel ${channel} yet.`)
}
