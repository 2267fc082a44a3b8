import type { Releases } from '../../adapters/releases.ts'
import type { ConfigFile } from '../../core/publish/written-routes.ts'
import type { Layout } from '../../core/release/layout.ts'

/** The files of a stored layout, without those that are made of live data. */
export async function readFiles(
  releases: Pick<Releases, 'readBlob'>,
  { files }: Layout,
): Promise<readonly ConfigFile[]> {
  return Promise.all(
    files.map(async ({ path, context, sha256 }) => ({
      path,
      context,
      content: await releases.readBlob(sha256),
    })),
  )
}
