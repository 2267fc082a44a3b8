import { randomBytes } from 'node:crypto'

/** One version of a key. A delete marker has an empty body and no ETag. */
export type ObjectVersion = {
  readonly key: string
  readonly versionId: string
  readonly deleteMarker: boolean
  readonly etag: string
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
  readonly checksums: Readonly<Record<string, string>>
  readonly lastModified: Date
}

export type Bucket = {
  readonly name: string
  versioning: 'Enabled' | 'Suspended' | undefined
  /** Versions of each key, oldest first; the last one is current. */
  readonly objects: Map<string, ObjectVersion[]>
  /** How many deletes each key has seen: a conditional write that finds it changed raced with a delete. */
  readonly deletions: Map<string, number>
}

export type NewVersion = Omit<ObjectVersion, 'versionId' | 'deleteMarker'>

export function createBucket(name: string): Bucket {
  return { name, versioning: undefined, objects: new Map(), deletions: new Map() }
}

/** The current version, or undefined where the key has none or its current version is a delete marker. */
export function currentObject(bucket: Bucket, key: string): ObjectVersion | undefined {
  const latest = bucket.objects.get(key)?.at(-1)
  return latest?.deleteMarker ? undefined : latest
}

export function findVersion(bucket: Bucket, key: string, versionId: string): ObjectVersion | undefined {
  return bucket.objects.get(key)?.find((version) => version.versionId === versionId)
}

export function putObjectVersion(bucket: Bucket, object: NewVersion): ObjectVersion {
  const version = { ...object, versionId: nextVersionId(bucket), deleteMarker: false }
  addVersion(bucket, version)
  return version
}

/** A delete without a version id: a marker in a bucket with versioning, the end of the object in any other. */
export function deleteCurrent(bucket: Bucket, key: string, now: Date): ObjectVersion | undefined {
  countDeletion(bucket, key)
  if (bucket.versioning === undefined) {
    bucket.objects.delete(key)
    return undefined
  }
  const empty = { etag: '', body: Buffer.alloc(0), headers: {}, checksums: {} }
  const marker = { key, ...empty, versionId: nextVersionId(bucket), deleteMarker: true, lastModified: now }
  addVersion(bucket, marker)
  return marker
}

/** Removes one version for good and returns it. Removing a marker brings the version before it back. */
export function deleteVersion(bucket: Bucket, key: string, versionId: string): ObjectVersion | undefined {
  countDeletion(bucket, key)
  const removed = findVersion(bucket, key, versionId)
  const rest = (bucket.objects.get(key) ?? []).filter((version) => version.versionId !== versionId)
  if (rest.length > 0) bucket.objects.set(key, rest)
  else bucket.objects.delete(key)
  return removed
}

function addVersion(bucket: Bucket, version: ObjectVersion): void {
  // Outside 'Enabled' there is one version with the id "null", which every write replaces; older real versions
  // stay.
  const kept = (bucket.objects.get(version.key) ?? []).filter(
    (other) => other.versionId !== 'null' || version.versionId !== 'null',
  )
  bucket.objects.set(version.key, [...kept, version])
}

function nextVersionId(bucket: Bucket): string {
  return bucket.versioning === 'Enabled' ? randomBytes(24).toString('base64url') : 'null'
}

function countDeletion(bucket: Bucket, key: string): void {
  bucket.deletions.set(key, (bucket.deletions.get(key) ?? 0) + 1)
}
