import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Inventory, prunePlan } from '../core/host/prune-plan.ts'
import type { Pointer, Ref } from '../core/release/channel.ts'
import { parseLayout } from '../core/release/parse-layout.ts'
import { onDisk, temporaryMark } from './disk.ts'
import { readEntryIds, removeUnfinished } from './entries.ts'
import type { Folders } from './folders.ts'
import type { Host } from './host.ts'
import { readStaged } from './stage.ts'

/**
 * Removes what nothing needs any more. It comes before anything is written for a new pointer, the state file included, so that a full disk
 * can't wedge the host.
 */
export async function makeRoom(host: Host, pointer: Pointer): Promise<void> {
  const { settings, folders, state, memory } = host
  const { confirmed, previous, pending, following = null } = state.current
  const held = [confirmed, previous, pending, following, memory.prepared?.staged.installed ?? null].filter(
    (one) => one !== null,
  )
  const named = (await readEntryIds(settings)).filter((id) => id !== null)
  const wanted = [pointer, ...held].flatMap(({ layout, endpoints, volatile }) => [
    layout,
    endpoints,
    ...volatile,
  ])
  wanted.push(...held.flatMap(({ resolved }) => (resolved === undefined ? [] : [resolved.seeds])))
  const keep = new Set([...held.map(({ configId }) => configId), ...named])
  // What an interrupted download has already brought is kept, or a bucket that fails now and then would never be done with.
  wanted.push(...(await filesOf(host, pointer.layout)))
  await prune(folders, keep, new Set(wanted.map(({ sha256 }) => sha256)))
  await onDisk('remove unfinished entry files', () => removeUnfinished(settings))
}

/** The files of a layout; none as long as the layout itself isn't on disk. */
async function filesOf({ blobs }: Host, layout: Ref): Promise<readonly Ref[]> {
  const text = await blobs.held(layout)
  try {
    return text === null ? [] : parseLayout(text.toString(), layout.sha256).files
  } catch {
    return [] // The cycle will refuse it, and say why.
  }
}

async function prune(
  folders: Folders,
  keep: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
): Promise<void> {
  await onDisk('remove what is no longer needed', async () => {
    const plan = prunePlan(await takeInventory(folders), keep, wanted)
    const paths = [
      ...plan.temporary,
      ...plan.releases.map((id) => folders.release(id)),
      ...plan.blobs.map((blob) => folders.blob(blob)),
    ]
    for (const path of paths) await rm(path, { recursive: true, force: true })
  })
}

async function takeInventory({ root, releases, blobs, ...folders }: Folders): Promise<Inventory> {
  const [inRoot, inReleases, inBlobs] = await Promise.all(
    [root, releases, blobs].map((path) => readdir(path)),
  )
  const isTemporary = (name: string) => name.includes(temporaryMark)
  const temporary = (directory: string, names: readonly string[] = []) =>
    names.filter(isTemporary).map((name) => join(directory, name))
  const ids = (inReleases ?? []).filter((name) => !isTemporary(name))
  const staged = await Promise.all(ids.map((id) => readStaged({ root, releases, blobs, ...folders }, id)))
  return {
    releases: ids.map((id, i) => ({ id, blobs: staged[i]?.blobs ?? [] })),
    blobs: (inBlobs ?? []).filter((name) => !isTemporary(name)),
    temporary: [...temporary(root, inRoot), ...temporary(releases, inReleases), ...temporary(blobs, inBlobs)],
  }
}
