import { isRetryable } from '../../core/errors.ts'
import { onlyAdds, type WrittenLayout } from '../../core/publish/only-adds.ts'
import type { ReleaseStore } from './channel.ts'
import { readLayout } from './read-layout.ts'

/**
 * Whether everything of one stored layout stands unchanged in another; the last answer is remembered. Layouts that can't be read at
 * all, as an operator's file of an unusual form, are not known to. Throws where S3 is away.
 */
export function createOnlyAdds(
  releases: Pick<ReleaseStore, 'readBlob' | 'readLayout'>,
): (before: string, after: string) => Promise<boolean> {
  let last: { readonly pair: string; readonly answer: boolean } | null = null

  return async (before, after) => {
    const pair = `${before} ${after}`
    if (last?.pair === pair) return last.answer
    const answer = await compare(releases, before, after)
    last = { pair, answer }
    return answer
  }
}

async function compare(
  releases: Pick<ReleaseStore, 'readBlob' | 'readLayout'>,
  before: string,
  after: string,
): Promise<boolean> {
  try {
    return onlyAdds(...(await Promise.all([readWritten(releases, before), readWritten(releases, after)])))
  } catch (error) {
    if (isRetryable(error)) throw error
    return false
  }
}

/** A stored layout with its files, without those that are made of live data. */
async function readWritten(
  releases: Pick<ReleaseStore, 'readBlob' | 'readLayout'>,
  id: string,
): Promise<WrittenLayout> {
  const { layout } = await readLayout(releases, id)
  const files = layout.files.map(async ({ path, context, sha256 }) => {
    return { path, context, content: await releases.readBlob(sha256) }
  })
  return { layout, files: await Promise.all(files) }
}
