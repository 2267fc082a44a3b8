import { rm } from 'node:fs/promises'
import { findProcess } from '../adapters/process-table.ts'
import { QuaysideError } from '../core/errors.ts'
import { readTextOrNull, replaceFile } from './disk.ts'
import type { Folders } from './folders.ts'

type Place = Pick<Folders, 'root' | 'lock'>

/**
 * Keeps a second agent from working on the same state by mistake: they would take each other's releases back. Whoever has ended, however
 * that was, holds no lock. Throws HOST_TAKEN.
 */
export async function takeLock({ root, lock }: Place): Promise<void> {
  const owner = (await readTextOrNull(lock).catch(() => null)) ?? ''
  const pid = Number(owner.split(' ')[0])
  if (pid !== process.pid && owner !== '' && owner === (await nameOf(pid)))
    throw new QuaysideError(
      'HOST_TAKEN',
      `another agent (pid ${pid}) works with ${root}: stop it, or give this one a state directory, entry files and ports of its own`,
    )
  // A full disk must not keep the only agent from its work.
  await replaceFile(lock, (await nameOf(process.pid)) ?? '').catch(() => undefined)
}

export async function releaseLock({ lock }: Place): Promise<void> {
  const owner = await readTextOrNull(lock).catch(() => null)
  if (owner === (await nameOf(process.pid))) await rm(lock, { force: true }).catch(() => undefined)
}

/** After a restart of the machine another program may have the same pid, even from the same moment on: its title tells it apart. */
async function nameOf(pid: number): Promise<string | null> {
  if (!Number.isSafeInteger(pid) || pid < 1) return null
  const found = await findProcess(pid)
  return found === undefined ? null : `${pid} ${found.started} ${found.title}`
}
