import { childrenOf, findProcess } from '../adapters/process-table.ts'
import type { NginxCapability } from '../core/host/nginx-version.ts'
import { readPublicKeys, type VerificationKey } from '../core/release/verify-pointer.ts'
import { type BlobStore, createBlobStore } from './blobs.ts'
import { makeDirectory, onDisk } from './disk.ts'
import { type Folders, foldersOf } from './folders.ts'
import { fetchUserId } from './identity.ts'
import { takeLock } from './lock.ts'
import type { Log } from './log.ts'
import { emptyMemory, type Memory } from './memory.ts'
import { type ProcessTable, readCapability } from './nginx.ts'
import { openBucket } from './open-bucket.ts'
import { noteMaster } from './other-nginx.ts'
import { serveKnown } from './resolver/known-zone.ts'
import { openResolver, type Resolver } from './resolver/resolver.ts'
import type { ReleaseBucket } from './s3.ts'
import type { AgentSettings } from './settings.ts'
import { openStateFile, type StateFile } from './state-file.ts'
import type { Traffic } from './traffic.ts'

export type AgentDeps = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds of a clock that never jumps. */
  readonly elapsed: () => number
  /** In [0, 1). */
  readonly random: () => number
}

/** The host as the cycle sees it: its settings, what it can do, and what it remembers. */
export type Host = {
  readonly settings: AgentSettings
  readonly capability: NginxCapability
  readonly keys: readonly VerificationKey[]
  readonly folders: Folders
  readonly bucket: ReleaseBucket
  readonly traffic: Traffic
  readonly blobs: BlobStore
  readonly state: StateFile
  readonly memory: Memory
  readonly resolver: Resolver
  readonly table: ProcessTable
  readonly log: Log
  readonly now: () => number
  readonly elapsed: () => number
  /** The host's `aws:userid`; asked for once. */
  userId(): Promise<string>
  /** Ends what is under way with the network. The DNS server has its own end. */
  close(): void
}

/** Opens everything that a host needs. Throws BINARY_MISSING, HOST_DISK, HOST_TAKEN, and RELEASE_INVALID for a bad public key. */
export async function openHost(settings: AgentSettings, deps: AgentDeps): Promise<Host> {
  const { env, now, elapsed, log } = deps
  const keys = settings.publicKeys.length === 0 ? [] : readPublicKeys(settings.publicKeys)
  const [memory, table] = [emptyMemory(), { childrenOf, findProcess }]
  await noteMaster({ settings, table, memory, elapsed })
  const capability = await readCapability(settings.nginx.binary)
  const folders = foldersOf(settings.stateDir)
  await onDisk('make the state directory', async () => {
    await makeDirectory(folders.blobs)
    await makeDirectory(folders.releases)
  })
  await takeLock(folders)
  const state = await openStateFile(folders, settings, log)
  const { bucket, send, traffic, close } = openBucket(settings, { env, now })
  const blobs = createBlobStore(bucket, folders)
  // nginx may be asking already: what is known goes to the DNS server before anything is polled.
  const resolver = await openResolver({ settings, capability, log, elapsed })
  await serveKnown({ blobs, state, resolver })
  let userId = settings.hostId
  return {
    ...{ settings, capability, keys, folders, bucket, traffic, state, log, now, elapsed },
    ...{ blobs, resolver },
    ...{ memory, table },
    async userId() {
      userId ??= await fetchUserId(send, settings.region, env.AWS_ENDPOINT_URL_STS ?? env.AWS_ENDPOINT_URL)
      return userId
    },
    close,
  }
}
