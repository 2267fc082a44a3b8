import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import {
  type IncludedFolder,
  includesFile,
  type MirroredFolder,
  withCandidates,
} from '../core/host/candidate-conf.ts'

/** Files as they would be, by their paths: null for one that would be gone. All others are as they are on disk. */
export type Overlay = ReadonlyMap<string, string | null>

/** Links to everything in a folder but what is left out. */
export async function mirror(from: string, to: string, leftOut: (name: string) => boolean): Promise<void> {
  const names = (await readdir(from)).filter((name) => !leftOut(name))
  await Promise.all(names.map((name) => symlink(join(from, name), join(to, name))))
}

/**
 * Copies of those included folders that hold an include of a live entry file, or a file that would change: by links, with the candidates
 * in place of the entry files. Returns the copies, and which entry files are included there.
 */
export async function mirrorFolders(
  folders: readonly IncludedFolder[],
  directory: string,
  candidates: ReadonlyMap<string, string>,
  overlay: Overlay,
): Promise<{ readonly mirrored: readonly MirroredFolder[]; readonly included: ReadonlySet<string> }> {
  const mirrored: MirroredFolder[] = []
  const included = new Set<string>()
  for (const [i, folder] of folders.entries()) {
    const texts = await changedTexts(folder.path, candidates, overlay, included)
    if (texts.size === 0) continue
    const copy = join(directory, `quayside-folder-${i}`)
    await mkdir(copy)
    await mirror(folder.path, copy, (name) => texts.has(name))
    for (const [name, text] of texts) if (text !== null) await writeFile(join(copy, name), text)
    mirrored.push({ ...folder, copy })
  }
  return { mirrored, included }
}

async function changedTexts(
  folder: string,
  candidates: ReadonlyMap<string, string>,
  overlay: Overlay,
  included: Set<string>,
): Promise<ReadonlyMap<string, string | null>> {
  const touched = [...overlay.keys()].filter((path) => dirname(path) === folder)
  const names = new Set([
    ...(await readdir(folder).catch(() => [])),
    ...touched.map((path) => basename(path)),
  ])
  const changed = new Map<string, string | null>()
  for (const name of names) {
    const path = join(folder, name)
    const given = overlay.get(path)
    const text = given === undefined ? await readFile(path, 'utf8').catch(() => null) : given
    const live = [...candidates.keys()].filter((one) => text !== null && includesFile(text, one))
    for (const one of live) included.add(one)
    if (live.length > 0 || given !== undefined)
      changed.set(name, text === null ? null : withCandidates(text, candidates))
  }
  return changed
}
