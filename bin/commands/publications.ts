import type { Releases } from '../../adapters/releases.ts'
import { parsePublication } from '../../core/publish/parse-publication.ts'
import type { Publication } from '../../core/publish/publication.ts'

type Store = Pick<Releases, 'listPublications' | 'readPublication'>

const day = 86_400
const atOnce = 16

/**
 * The newest publications, newest first. Generations are Unix seconds or little above, so that a listing may begin shortly before
 * the newest one instead of at the first ever.
 */
export async function newestPublications(
  store: Store,
  newest: number,
  limit: number,
): Promise<readonly Publication[]> {
  let generations: readonly number[] = []
  for (const days of [1, 10, 100, Number.POSITIVE_INFINITY]) {
    generations = await store.listPublications(Math.max(0, newest - days * day))
    if (generations.length >= limit) break
  }
  const wanted = generations.slice(-limit).reverse()
  const found: Publication[] = []
  for (let from = 0; from < wanted.length; from += atOnce) {
    const part = wanted.slice(from, from + atOnce).map((generation) => readPublication(store, generation))
    found.push(...(await Promise.all(part)).filter((one) => one !== null))
  }
  return found
}

/**
 * The last publication up to this generation: signing again makes generations without one, and then it is that of the given channel.
 * Null where none is stored any more.
 */
export async function publicationAt(
  store: Store,
  generation: number,
  channel: string,
): Promise<Publication | null> {
  const exact = await readPublication(store, generation)
  if (exact !== null) return exact
  for (const days of [1, 10, 100, Number.POSITIVE_INFINITY]) {
    const listed = await store.listPublications(Math.max(0, generation - days * day))
    const earlier = listed.filter((one) => one < generation).reverse()
    for (const one of earlier) {
      const found = await readPublication(store, one)
      if (found !== null && isOf(found, channel)) return found
    }
  }
  return null
}

/** Accounts from before there were several channels name none. */
export function isOf(publication: Publication, channel: string): boolean {
  return publication.channel === undefined || publication.channel === channel
}

async function readPublication(store: Store, generation: number): Promise<Publication | null> {
  const content = await store.readPublication(generation)
  return content === null ? null : parsePublication(content)
}
