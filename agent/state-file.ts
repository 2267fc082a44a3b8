import { explain } from '../core/errors.ts'
import { emptyState, type HostState, parseState } from '../core/host/host-state.ts'
import { onDisk, readTextOrNull, replaceFile } from './disk.ts'
import type { Folders } from './folders.ts'
import type { Log } from './log.ts'

/** The state, written through to disk before a change is in force. */
export type StateFile = {
  readonly current: HostState
  /** Nothing is written where the state stays the same. Throws HOST_DISK; the state then is as before. */
  save(next: HostState): Promise<void>
}

type Owner = { readonly deployment: string; readonly channel: string }

/** An unreadable file loses the memory of generations and failures, and nothing that serves: nginx's entry files are apart from it. */
export async function openStateFile(folders: Folders, owner: Owner, log: Log): Promise<StateFile> {
  let current = await load(folders, owner, log)
  return {
    get current() {
      return current
    },
    async save(next) {
      if (JSON.stringify(next) === JSON.stringify(current)) return
      await onDisk('write the state file', () =>
        replaceFile(folders.state, `${JSON.stringify(next)}\n`, 0o600),
      )
      current = next
    },
  }
}

async function load(folders: Folders, { deployment, channel }: Owner, log: Log): Promise<HostState> {
  try {
    const content = await readTextOrNull(folders.state)
    return content === null ? emptyState(deployment, channel) : parseState(content)
  } catch (error) {
    log.warn('host-state-lost', { file: folders.state, reason: explain(error) })
    return emptyState(deployment, channel)
  }
}
