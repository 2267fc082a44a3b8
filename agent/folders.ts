import { join } from 'node:path'

/** What lies where in the state directory. */
export type Folders = {
  readonly root: string
  readonly state: string
  /** Where the running agent can be spoken to. */
  readonly socket: string
  /** Names the process of the running agent. */
  readonly lock: string
  readonly blobs: string
  readonly releases: string
  readonly candidate: string
  blob(sha256: string): string
  release(configId: string): string
}

export function foldersOf(stateDir: string): Folders {
  const blobs = join(stateDir, 'blobs')
  const releases = join(stateDir, 'releases')
  return {
    root: stateDir,
    state: join(stateDir, 'state.json'),
    socket: join(stateDir, 'agent.sock'),
    lock: join(stateDir, 'agent.lock'),
    blobs,
    releases,
    candidate: join(stateDir, 'candidate'),
    blob: (sha256) => join(blobs, sha256),
    release: (configId) => join(releases, configId),
  }
}
