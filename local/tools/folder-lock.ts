import { readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProcess, isAlive } from '../../adapters/process-table.ts'

/**
 * Runs `action` while no other process of this machine holds the lock file. A lock whose owner has died is taken over.
 * It saves double work and is no guarantee: in the moment of a take-over two may run, which what it protects must survive.
 */
export async function withFolderLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  const owner = `${process.pid} ${(await findProcess(process.pid))?.started ?? ''}`
  while (!(await take(path, owner))) {
    if (await isAbandoned(path)) await rm(path, { force: true })
    else await sleep(100)
  }
  try {
    return await action()
  } finally {
    await rm(path, { force: true })
  }
}

async function take(path: string, owner: string): Promise<boolean> {
  try {
    await writeFile(path, owner, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  const [pid = '', ...started] = (text ?? '').split(' ')
  // An empty file is a lock in the moment of its creation; one that is gone is simply tried again.
  return pid !== '' && !(await isAlive(Number(pid), started.join(' ')))
}
