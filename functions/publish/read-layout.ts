import type { StoredLayout } from '../../core/publish/compose.ts'
import { parseLayout } from '../../core/release/parse-layout.ts'
import type { ReleaseStore } from './channel.ts'

/** A stored layout, read and checked. */
export async function readLayout(
  releases: Pick<ReleaseStore, 'readLayout'>,
  id: string,
): Promise<StoredLayout> {
  const content = await releases.readLayout(id)
  return { layout: parseLayout(content, id), ref: { sha256: id, size: Buffer.byteLength(content) } }
}
