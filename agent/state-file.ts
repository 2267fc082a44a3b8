import { readdir } from 'node:fs/promises'
import { explain } from '../core/errors.ts'
import { emptyState, type HostState, parseState } from '../core/host/host-state.ts'
import { onDisk, readTextOrNull, replaceFile } from './disk.ts'
import type { Folders } from './folders.ts'
import type { Log } from './log.ts'
import { readStaged } from './stage.ts'

/** What the host must remember, in memory and on disk. */
export type StateFile = {
  readonly current: HostState
  /**
   * Nothing is written where the state stays the same. Throws HOST_DISK; the state is in force for this process all the same, or a full
   * disk would make it forget what nginx runs and what failed, and try that again and again. The next call writes it.
   */
  save(next: HostState): Promise<void>
}

type Owner = { readonly deployment: string; readonly channel: string }

/**
 * An unreadable file loses the memory of failures, and nothing that serves: nginx's entry files are apart from it. What was staged tells
 * the lowest generation that may still be accepted.
 */
export async function openStateFile(folders: Folders, owner: Owner, log: Log): Promise<StateFile> {
  let current = await load(folders, owner, log)
  let isWritten = true
  return {
    get current() {
      return current
    },
    async save(next) {
      if (isWritten && JSON.stringify(next) === JSON.stringify(current)) return
      current = next
      isWritten = false
      await onDisk(`write the state file ${folders.state}`, () =>
        replaceFile(folders.state, `${JSON.stringify(next)}\n`, 0o600),
      )
      isWritten = true
    },
  }
}

async function load(folders: Folders, { deployment, channel }: Owner, log: Log): Promise<HostState> {
  try {
    const content = await readTextOrNull(folders.state)
    if (content !== null) return parseState(content)
  } catch (error) {
    log.warn('host-state-lost', { file: folders.state, reason: explain(error) })
  }
  return { ...emptyState(deployment, channel), generation: await newestStaged(folders) }
}

async function newestStaged(folders: Folders): Promise<number> {
  const names = await readdir(folders.releases).catch(() => [])
  const staged = await Promise.all(names.map((name) => readStaged(folders, name)))
  return Math.max(0, ...staged.map((one) => one?.installed.generation ?? 0))
}
