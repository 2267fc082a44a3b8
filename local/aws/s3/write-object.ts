import type { Reply } from '../http-server.ts'
import { decodeBody, md5Etag, verifiedChecksums } from './body.ts'
import { checkDelete, checkWrite } from './conditions.ts'
import { bucketOf, maxObjectBytes, type S3Context } from './context.ts'
import { S3Error } from './errors.ts'
import { versionOf } from './read-object.ts'
import type { S3Request } from './request.ts'
import { type Bucket, currentObject, deleteCurrent, deleteVersion, putObjectVersion } from './store.ts'

const keptHeaders = ['cache-control', 'content-disposition', 'content-language', 'content-type', 'expires']
const encryption = { 'x-amz-server-side-encryption': 'AES256' }

/** Notes what a PUT must know from before its body arrived: how often its key had been deleted. */
export function deletionsOf(context: S3Context, request: S3Request): number {
  return context.buckets.get(request.bucket)?.deletions.get(request.key) ?? 0
}

/**
 * PutObject. Judging the condition and storing happen in one turn of the event loop, so that of many racers one
 * wins.
 */
export async function putObject(
  context: S3Context,
  request: S3Request,
  raw: Buffer | undefined,
  deletionsBefore: number,
): Promise<Reply> {
  const bucket = bucketOf(context, request)
  const decoded = checkedBody(context, request, raw)
  const checksums = verifiedChecksums(request.headers, decoded)
  const headers = storedHeaders(request)
  await context.options.beforeCommit?.(request)
  const deletedMeanwhile = deletionsOf(context, request) !== deletionsBefore
  checkWrite(request.headers, currentObject(bucket, request.key), deletedMeanwhile)
  const content = { body: decoded.body, etag: md5Etag(decoded.body), headers, checksums }
  const version = putObjectVersion(bucket, { key: request.key, ...content, lastModified: context.now() })
  return {
    status: 200,
    headers: { etag: version.etag, ...checksums, ...encryption, ...versionOf(bucket, version) },
  }
}

/** DeleteObject: succeeds also for a key that isn't there, unless a condition says otherwise. */
export function deleteObject(context: S3Context, request: S3Request): Reply {
  const bucket = bucketOf(context, request)
  checkDelete(request.headers['if-match'], bucket.objects.get(request.key)?.at(-1))
  const outcome = removeObject(
    bucket,
    request.key,
    request.query.get('versionId') ?? undefined,
    context.now(),
  )
  const marker = outcome.deleteMarker ? { 'x-amz-delete-marker': 'true' } : {}
  const version = outcome.versionId === undefined ? {} : { 'x-amz-version-id': outcome.versionId }
  return { status: 204, headers: { ...marker, ...version } }
}

/**
 * Deletes a version, or the current one; tells which version was made or removed, and whether it is a delete
 * marker.
 */
export function removeObject(
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
  now: Date,
): { versionId?: string; deleteMarker: boolean } {
  const touched =
    versionId === undefined ? deleteCurrent(bucket, key, now) : deleteVersion(bucket, key, versionId)
  const named = touched?.versionId ?? versionId
  return {
    ...(named === undefined ? {} : { versionId: named }),
    deleteMarker: touched?.deleteMarker ?? false,
  }
}

function checkedBody(
  context: S3Context,
  request: S3Request,
  raw: Buffer | undefined,
): ReturnType<typeof decodeBody> {
  const limit = maxObjectBytes(context.options)
  const decoded = raw && decodeBody(request.headers, raw)
  if (decoded === undefined || decoded.body.length > limit)
    throw new S3Error(
      400,
      'EntityTooLarge',
      `Your proposed upload exceeds the maximum allowed size of ${limit} bytes`,
    )
  if (Buffer.byteLength(request.key) > 1024)
    throw new S3Error(400, 'KeyTooLongError', 'Your key is longer than 1024 bytes')
  return decoded
}

function storedHeaders({ headers }: S3Request): Record<string, string> {
  const metadata = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'))
  const size = metadata.reduce(
    (sum, [name, value]) => sum + name.length - 'x-amz-meta-'.length + String(value).length,
    0,
  )
  if (size > 2048) throw new S3Error(400, 'MetadataTooLarge', 'Your metadata headers exceed 2 KB')
  const encoding = String(headers['content-encoding'] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== 'aws-chunked')
  const kept = Object.entries(headers).filter(([name]) => keptHeaders.includes(name))
  return {
    'content-type': 'binary/octet-stream',
    ...Object.fromEntries([...kept, ...metadata].map(([name, value]) => [name, String(value)])),
    ...(encoding.length > 0 ? { 'content-encoding': encoding.join(',') } : {}),
    ...encryption,
  }
}
