import type { Reply } from '../http-server.ts'
import { checkRead } from './conditions.ts'
import { bucketOf, requireList, type S3Context } from './context.ts'
import { noSuchKey, S3Error } from './errors.ts'
import type { S3Request } from './request.ts'
import { type Bucket, currentObject, findVersion, type ObjectVersion } from './store.ts'

/** GetObject and HeadObject; they differ only in the body, which HTTP leaves out of a HEAD by itself. */
export function readObject(context: S3Context, request: S3Request): Reply {
  const bucket = bucketOf(context, request)
  const object = lookUp(context, request, bucket)
  const identity = {
    etag: object.etag,
    'last-modified': object.lastModified.toUTCString(),
    ...versionOf(bucket, object),
  }
  if (checkRead(request.headers, object) === 'not-modified') return { status: 304, headers: identity }
  const range = parseRange(request.headers.range, object.body.length)
  const checksums =
    request.headers['x-amz-checksum-mode'] === 'ENABLED' && range === undefined ? object.checksums : {}
  const headers = { ...object.headers, ...identity, ...checksums, 'accept-ranges': 'bytes' }
  if (range === undefined) return { status: 200, headers, body: object.body }
  const contentRange = `bytes ${range.first}-${range.last}/${object.body.length}`
  const body = object.body.subarray(range.first, range.last + 1)
  return { status: 206, headers: { ...headers, 'content-range': contentRange }, body }
}

/** The version id, where the bucket has (or had) versioning. */
export function versionOf(bucket: Bucket, version: { readonly versionId: string }): Record<string, string> {
  return bucket.versioning === undefined ? {} : { 'x-amz-version-id': version.versionId }
}

function lookUp(context: S3Context, request: S3Request, bucket: Bucket): ObjectVersion {
  const versionId = request.query.get('versionId')
  if (versionId !== null) return lookUpVersion(bucket, request.key, versionId)
  const object = currentObject(bucket, request.key)
  if (object !== undefined) return object
  requireList(context, request)
  const marker = bucket.objects.get(request.key)?.at(-1)
  throw noSuchKey(marker && { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.versionId })
}

function lookUpVersion(bucket: Bucket, key: string, versionId: string): ObjectVersion {
  const version = findVersion(bucket, key, versionId)
  if (version === undefined)
    throw new S3Error(404, 'NoSuchVersion', `There is no version ${versionId} of this key`)
  if (!version.deleteMarker) return version
  throw new S3Error(405, 'MethodNotAllowed', 'A delete marker has no content', {
    'x-amz-delete-marker': 'true',
    'x-amz-version-id': versionId,
  })
}

/**
 * One range of bytes, ends included. S3 answers several ranges, and what isn't a byte range, with the whole
 * object.
 */
function parseRange(header: string | undefined, size: number): { first: number; last: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  const suffix = match[1] === ''
  const first = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const last = suffix || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1)
  if (first > last)
    throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable', {
      'content-range': `bytes */${size}`,
    })
  return { first, last }
}
