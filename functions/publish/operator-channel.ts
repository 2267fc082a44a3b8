import type { Composed, StoredLayout } from '../../core/publish/compose.ts'
import type { FileChange } from '../../core/publish/publication.ts'
import type { Pointer } from '../../core/release/channel.ts'
import type { Layout } from '../../core/release/layout.ts'
import { lostPlaces } from '../../core/template/lost-places.ts'
import type { OperatorFile } from '../../core/template/operator-files.ts'
import { operatorFilesOf } from '../../core/template/release-parts.ts'
import type { Channel, ReleaseStore } from './channel.ts'

export type OpenedFiles = Pick<Channel, 'operatorFiles' | 'pinnedFiles' | 'contents'>

/** Reads the templates of the layout in force and of the pinned one, and the bytes that are in force. */
export async function openOperatorFiles(
  releases: Pick<ReleaseStore, 'readBlob'>,
  pointer: Pointer,
  layout: StoredLayout,
  pinned: StoredLayout | null,
): Promise<OpenedFiles> {
  const layouts = [layout.layout, ...(pinned === null ? [] : [pinned.layout])]
  const templates = await readAll(releases, templatesOf(layouts))
  const operatorFiles = operatorFilesOf(layout.layout, pointer.volatile, templates)
  const contents = await readAll(
    releases,
    operatorFiles.flatMap(({ ref }) => (ref === null ? [] : [ref.sha256])),
  )
  return { operatorFiles, pinnedFiles: pinnedFiles(), contents }

  function pinnedFiles(): readonly OperatorFile[] {
    if (pinned === null) return []
    // Under the same path, the pointer may name what another layout's template made.
    return pinned.ref.sha256 === layout.ref.sha256
      ? operatorFiles
      : operatorFilesOf(pinned.layout, [], templates)
  }
}

/** What is in force once a release is published: its files are stored, so that nothing is left to store. */
export function publishedFiles(channel: Channel, { layout, operatorFiles: made }: Composed): OpenedFiles {
  if (made.length === 0) return { operatorFiles: made, pinnedFiles: channel.pinnedFiles, contents: new Map() }
  const operatorFiles = made.map((file) => (file.blobs.length === 0 ? file : { ...file, blobs: [] }))
  const isPinned = channel.pinned?.ref.sha256 === layout.ref.sha256
  const contents = made.flatMap(({ ref, blobs: [written] }) => {
    const content = written ?? channel.contents.get(ref?.sha256 ?? '')
    return ref === null || content === undefined ? [] : [[ref.sha256, content] as const]
  })
  return {
    operatorFiles,
    pinnedFiles: isPinned ? operatorFiles : channel.pinnedFiles,
    contents: new Map(contents),
  }
}

/** Operators' files whose bytes are others than those in force, with the servers of upstreams that they gained and lost. */
export function fileChanges(
  { operatorFiles, contents }: Pick<Channel, 'operatorFiles' | 'contents'>,
  { operatorFiles: next }: Composed,
): readonly FileChange[] {
  return next.flatMap(({ path, ref, blobs: [written] }) => {
    const before = operatorFiles.find((file) => file.path === path)?.ref
    // What isn't rendered anew is as it was.
    if (written === undefined || before?.sha256 === ref?.sha256) return []
    const old = contents.get(before?.sha256 ?? '') ?? ''
    return [{ path, joined: lostPlaces(written, old), left: lostPlaces(old, written) }]
  })
}

function templatesOf(layouts: readonly Layout[]): readonly string[] {
  return layouts.flatMap(({ volatile }) => volatile.map(({ template }) => template))
}

async function readAll(
  { readBlob }: Pick<ReleaseStore, 'readBlob'>,
  digests: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const read = async (digest: string) => [digest, await readBlob(digest)] as const
  return new Map(await Promise.all([...new Set(digests)].map(read)))
}
