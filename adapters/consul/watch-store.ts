import { digestOnce } from '../../core/canonical.ts'
import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import { type SourceKey, sourceKey } from '../../core/release/endpoints.ts'

/** The services as last read, of all datacenters. What isn't in it was never read, which isn't empty. */
export type SnapshotStore = {
  readonly services: ReadonlyMap<SourceKey, ServiceSnapshot>
  /** Keeps what differs from what is held; equal data stays the same object. Returns whether it differed. */
  readonly put: (snapshot: ServiceSnapshot) => boolean
  readonly drop: (source: SourceKey) => void
}

export function createSnapshotStore(): SnapshotStore {
  const services = new Map<SourceKey, ServiceSnapshot>()
  const digests = new Map<SourceKey, string>()
  return {
    services,
    put: (snapshot) => {
      const source = sourceKey(snapshot.name, snapshot.datacenter)
      const digest = digestOnce(snapshot)
      if (digests.get(source) === digest) return false
      services.set(source, snapshot)
      digests.set(source, digest)
      return true
    },
    drop: (source) => {
      services.delete(source)
      digests.delete(source)
    },
  }
}
