import { constants } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { QuaysideError } from '../core/errors.ts'

/** Unfinished work carries this in its name, so that whatever a killed agent left is known for what it is. */
export const temporaryMark = '.tmp-'

let counter = 0

export function temporaryName(path: string): string {
  counter += 1
  return `${path}${temporaryMark}${process.pid}-${counter}`
}

/** Runs disk work; every error of the file system becomes HOST_DISK, which says that trying again can help. */
export async function onDisk<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof QuaysideError) throw cause
    throw new QuaysideError('HOST_DISK', `could not ${what}`, { cause })
  }
}

/** Replaces a file in one step that survives a crash: written beside it, synced, renamed, and the directory synced. */
export async function replaceFile(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const temporary = temporaryName(path)
  try {
    await writeSynced(temporary, content, mode)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

export async function writeSynced(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A new name in a directory is safe only once the directory itself was synced. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** The file's text, or null where there is none. */
export async function readTextOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
}
