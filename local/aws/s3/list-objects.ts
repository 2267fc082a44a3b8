import { byText } from '../../../core/canonical.ts'
import type { Reply } from '../http-server.ts'
import { bucketOf, requireList, type S3Context } from './context.ts'
import { invalidArgument } from './errors.ts'
import type { S3Request } from './request.ts'
import { currentObject, type ObjectVersion } from './store.ts'
import { type XmlElements, xmlReply } from './xml.ts'

type Page<Entry> = {
  readonly entries: readonly Entry[]
  readonly prefixes: readonly string[]
  readonly next: string | undefined
}

/**
 * ListObjectsV2, with prefix, delimiter, start-after, max-keys and continuation. Keys are in order of their
 * UTF-8 bytes.
 */
export function listObjects(context: S3Context, request: S3Request): Reply {
  requireList(context, request)
  const bucket = bucketOf(context, request)
  const { query } = request
  const token = query.get('continuation-token')
  const after = token === null ? (query.get('start-after') ?? '') : readToken(token)
  const objects = [...bucket.objects.keys()].flatMap((key) => currentObject(bucket, key) ?? [])
  const page = pageOf(objects, query, after)
  return xmlReply('ListBucketResult', {
    Name: bucket.name,
    Prefix: query.get('prefix') ?? '',
    Delimiter: query.get('delimiter') ?? undefined,
    MaxKeys: maxKeysOf(query),
    KeyCount: page.entries.length + page.prefixes.length,
    ContinuationToken: token ?? undefined,
    StartAfter: query.get('start-after') ?? undefined,
    IsTruncated: page.next !== undefined,
    NextContinuationToken: page.next === undefined ? undefined : Buffer.from(page.next).toString('base64url'),
    Contents: page.entries.map((object) => ({ Key: encoded(query, object.key), ...describe(object) })),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encoded(query, prefix) })),
    EncodingType: query.get('encoding-type') ?? undefined,
  })
}

/**
 * ListObjectVersions: of each key the newest first, delete markers beside versions. A page ends between keys.
 */
export function listVersions(context: S3Context, request: S3Request): Reply {
  requireList(context, request)
  const bucket = bucketOf(context, request)
  const { query } = request
  const newest = [...bucket.objects.values()].flatMap((versions) => versions.at(-1) ?? [])
  const page = pageOf(newest, query, query.get('key-marker') ?? '')
  const versions = page.entries.flatMap(({ key }) => [...(bucket.objects.get(key) ?? [])].reverse())
  const element = (version: ObjectVersion): XmlElements => ({
    Key: encoded(query, version.key),
    VersionId: version.versionId,
    IsLatest: bucket.objects.get(version.key)?.at(-1) === version,
    ...(version.deleteMarker ? { LastModified: version.lastModified.toISOString() } : describe(version)),
  })
  return xmlReply('ListVersionsResult', {
    Name: bucket.name,
    Prefix: query.get('prefix') ?? '',
    KeyMarker: query.get('key-marker') ?? '',
    MaxKeys: maxKeysOf(query),
    IsTruncated: page.next !== undefined,
    NextKeyMarker: page.next,
    Version: versions.filter((version) => !version.deleteMarker).map(element),
    DeleteMarker: versions.filter((version) => version.deleteMarker).map(element),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encoded(query, prefix) })),
  })
}

function pageOf<Entry extends { readonly key: string }>(
  all: readonly Entry[],
  query: URLSearchParams,
  after: string,
): Page<Entry> {
  const prefix = query.get('prefix') ?? ''
  const sorted = all
    .filter(({ key }) => key.startsWith(prefix) && byBytes(key, after) > 0)
    .sort((a, b) => byBytes(a.key, b.key))
  const groups = groupByPrefix(sorted, prefix, query.get('delimiter') ?? '', after)
  const taken = groups.slice(0, maxKeysOf(query))
  const last = taken.at(-1)
  return {
    entries: taken.flatMap(({ entry }) => entry ?? []),
    prefixes: taken.flatMap(({ entry, name }) => (entry === undefined ? [name] : [])),
    next: groups.length > taken.length ? last?.name : undefined,
  }
}

/**
 * Keys that share what stands before the next delimiter become one entry, which a later page must not repeat.
 */
function groupByPrefix<Entry extends { readonly key: string }>(
  sorted: readonly Entry[],
  prefix: string,
  delimiter: string,
  after: string,
): { name: string; entry?: Entry }[] {
  const groups = new Map<string, { name: string; entry?: Entry }>()
  for (const entry of sorted) {
    const at = delimiter === '' ? -1 : entry.key.indexOf(delimiter, prefix.length)
    const common = at < 0 ? undefined : entry.key.slice(0, at + delimiter.length)
    if (common === undefined) groups.set(entry.key, { name: entry.key, entry })
    else if (common !== after) groups.set(common, { name: common })
  }
  return [...groups.values()]
}

function describe(object: ObjectVersion): XmlElements {
  return {
    LastModified: object.lastModified.toISOString(),
    ETag: object.etag,
    Size: object.body.length,
    StorageClass: 'STANDARD',
  }
}

function maxKeysOf(query: URLSearchParams): number {
  const asked = Number(query.get('max-keys') ?? 1000)
  if (!Number.isInteger(asked) || asked < 0)
    throw invalidArgument(`max-keys is not a number: ${query.get('max-keys')}`)
  return Math.min(asked, 1000)
}

function readToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString()
  if (Buffer.from(key).toString('base64url') !== token)
    throw invalidArgument('The continuation token provided is incorrect')
  return key
}

function encoded(query: URLSearchParams, key: string): string {
  return query.get('encoding-type') === 'url' ? encodeURIComponent(key).replaceAll('%2F', '/') : key
}

function byBytes(a: string, b: string): number {
  // UTF-8 and UTF-16 order differ beyond the basic plane; plain ASCII, the usual case, needs no buffers.
  return /[^\0-\x7f]/.test(a + b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : byText(a, b)
}
