import type { Releases } from '../../../adapters/releases.ts'
import { QuaysideError } from '../../../core/errors.ts'
import type { StoredLayout } from '../../../core/publish/compose.ts'
import type { Publication } from '../../../core/publish/publication.ts'
import { readLayout } from '../../../functions/publish/read-layout.ts'
import { newestPublications, publicationAt } from '../publications.ts'
import { UsageError } from '../usage-error.ts'

/** What a pin leads to. The publication says which endpoints it had; null where none is known. */
export type Target = { readonly layout: string; readonly publication: Publication | null }

/** How many publications back a layout is looked for by the beginning of its id. */
const searched = 500

/** What a person calls a release: its generation, or the id of its layout or at least 6 characters of it. */
export async function findTarget(
  releases: Pick<Releases, 'listPublications' | 'readPublication'>,
  words: string,
  newest: number,
  channel: string,
): Promise<Target> {
  if (/^\d{1,16}$/.test(words)) {
    const publication = await publicationAt(releases, Number(words), channel)
    if (publication !== null) return { layout: publication.layout, publication }
    throw unknown(`No publication of generation ${words} or before it is stored`)
  }
  if (!/^[0-9a-f]{6,64}$/.test(words))
    throw new UsageError(
      `"${words}" is no generation and no layout id (at least 6 of its hex digits); quayside releases lists both.`,
    )
  const found = (await newestPublications(releases, newest, searched)).filter(({ layout }) =>
    layout.startsWith(words),
  )
  const ids = new Set(found.map(({ layout }) => layout))
  if (ids.size > 1) throw new UsageError(`"${words}" begins ${ids.size} layout ids; give more of it.`)
  const [publication = null] = found
  if (publication !== null) return { layout: publication.layout, publication }
  if (words.length === 64) return { layout: words, publication: null }
  throw unknown(`None of the newest ${searched} publications has a layout ${words}…`)
}

/**
 * Reads the layout and stores it with its files again where they are old: from now on the channel names them, and a sweep that has already
 * looked must not take them away.
 */
export async function securedLayout(releases: Releases, id: string): Promise<StoredLayout> {
  try {
    const stored = await readLayout(releases, id)
    const digests = [...stored.layout.files, ...stored.layout.volatile].map((file) =>
      'sha256' in file ? file.sha256 : file.template,
    )
    await Promise.all([
      releases.putLayout(id, await releases.readLayout(id)),
      ...digests.map(async (digest) => releases.putBlob(await releases.readBlob(digest))),
    ])
    return stored
  } catch (cause) {
    if (!(cause instanceof QuaysideError) || cause.code !== 'RELEASE_CORRUPT') throw cause
    throw new QuaysideError('RELEASE_CORRUPT', `Layout ${id} is not stored whole any more`, { cause })
  }
}

function unknown(words: string): QuaysideError {
  return new QuaysideError('RELEASE_INVALID', `${words}. quayside releases lists what is there.`)
}
