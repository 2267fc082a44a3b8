import { constants } from 'node:fs'
import { access, chown, mkdir, realpath, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { QuaysideError } from '../../core/errors.ts'
import { onDisk, replaceFile, syncDirectory, temporaryName, writeSynced } from '../disk.ts'

/** Throws INSTALL_REFUSED with every path that this user can't write, before anything was changed. */
export async function assertWritable(paths: readonly string[]): Promise<void> {
  const checked = await Promise.all(paths.map(async (path) => ((await isWritable(path)) ? [] : [path])))
  const closed = checked.flat()
  if (closed.length === 0) return
  const advice =
    'run the command as root (sudo), or name places that you may write with --settings, --unitDir and --stateDir'
  throw new QuaysideError(
    'INSTALL_REFUSED',
    `this user can't write ${closed.join(', ')}; nothing was changed: ${advice}`,
  )
}

/** A file is replaced by a rename, so its folder counts, or the nearest one that is there. */
async function isWritable(path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => path)
  const folder = await nearestFolder(dirname(real))
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
}

async function nearestFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => null)
  return found !== null || path === '/' ? path : nearestFolder(dirname(path))
}

/** The folders that have to be made for a file, outermost first. */
export async function missingFolders(path: string): Promise<readonly string[]> {
  const folder = dirname(path)
  if ((await stat(folder).catch(() => null)) !== null) return []
  return [...(await missingFolders(folder)), folder]
}

/** Writes a file in one step. One that is there keeps owner and mode, and a link stays a link to it. */
export function writeFileInPlace(path: string, text: string, mode: number): Promise<void> {
  return onDisk(`write ${path}`, async () => {
    const real = await realpath(path).catch(() => path)
    const old = await stat(real).catch(() => null)
    await mkdir(dirname(real), { recursive: true })
    if (old === null) return replaceFile(real, text, mode)
    const temporary = temporaryName(real)
    try {
      await writeSynced(temporary, text, old.mode & 0o777)
      await chown(temporary, old.uid, old.gid)
      await rename(temporary, real)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
    await syncDirectory(dirname(real))
  })
}

/** Writes the text, or removes the file where there is none to write. */
export async function putBack(path: string, text: string | null): Promise<void> {
  if (text !== null) await writeFileInPlace(path, text, 0o644)
  else await onDisk(`remove ${path}`, () => rm(path, { force: true }))
}

/** Removes those of the folders that hold nothing, innermost first. */
export async function removeEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of [...folders].reverse()) await rmdir(folder).catch(() => undefined)
}
