import type { IncomingHttpHeaders } from 'node:http'
import { conditionalConflict, invalidArgument, noSuchKey, preconditionFailed, S3Error } from './errors.ts'
import type { ObjectVersion } from './store.ts'

/**
 * Throws unless a conditional PUT may be stored. Only the current version counts; `current` is undefined for a
 * missing key and for one whose current version is a delete marker. `deletedMeanwhile` says that a delete of
 * the key succeeded while the body was on its way: S3 then answers 409 and wants the upload repeated.
 */
export function checkWrite(
  headers: IncomingHttpHeaders,
  current: ObjectVersion | undefined,
  deletedMeanwhile: boolean,
): void {
  const ifMatch = headers['if-match']
  const ifNoneMatch = headers['if-none-match']
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*')
    throw new S3Error(501, 'NotImplemented', 'If-None-Match of a write must be *')
  if (ifMatch !== undefined && ifNoneMatch !== undefined)
    throw invalidArgument('If-Match and If-None-Match exclude each other in a write')
  if (ifMatch !== undefined && current === undefined) throw noSuchKey()
  if (ifMatch !== undefined && !matches(ifMatch, current?.etag)) throw preconditionFailed()
  if (ifNoneMatch !== undefined && current !== undefined) throw preconditionFailed()
  if ((ifMatch ?? ifNoneMatch) !== undefined && deletedMeanwhile) throw conditionalConflict()
}

/**
 * Throws unless a conditional DELETE may go ahead: 404 for a key without any version, 412 over a delete marker
 * or another ETag.
 */
export function checkDelete(ifMatch: string | undefined, latest: ObjectVersion | undefined): void {
  if (ifMatch === undefined) return
  if (latest === undefined) throw noSuchKey()
  if (latest.deleteMarker || !matches(ifMatch, latest.etag)) throw preconditionFailed()
}

/** What a conditional GET or HEAD comes to. An ETag condition outweighs the date condition of its pair. */
export function checkRead(headers: IncomingHttpHeaders, object: ObjectVersion): 'send' | 'not-modified' {
  const modified = Math.floor(object.lastModified.getTime() / 1000)
  const ifMatch = headers['if-match']
  const unmodifiedSince = seconds(headers['if-unmodified-since'])
  if (ifMatch !== undefined ? !matches(ifMatch, object.etag) : modified > (unmodifiedSince ?? Infinity))
    throw preconditionFailed()
  const ifNoneMatch = headers['if-none-match']
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, object.etag) ? 'not-modified' : 'send'
  return modified <= (seconds(headers['if-modified-since']) ?? -Infinity) ? 'not-modified' : 'send'
}

function matches(condition: string, etag: string | undefined): boolean {
  if (etag === undefined) return false
  if (condition.trim() === '*') return true
  return condition.split(',').some((candidate) => bare(candidate) === bare(etag))
}

function bare(etag: string): string {
  return etag.trim().replace(/^W\//, '').replaceAll('"', '')
}

function seconds(date: string | undefined): number | undefined {
  const time = Date.parse(date ?? '')
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000)
}
