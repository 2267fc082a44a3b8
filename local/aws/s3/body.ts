import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { crc32 } from 'node:zlib'
import { S3Error } from './errors.ts'

type Decoded = { readonly body: Buffer; readonly trailers: Readonly<Record<string, string>> }

const checksumHeader = /^x-amz-checksum-(crc32|crc32c|crc64nvme|sha1|sha256)$/

/**
 * The object's bytes: `aws-chunked` framing taken off, with the trailing headers that come after the last
 * chunk.
 */
export function decodeBody(headers: IncomingHttpHeaders, raw: Buffer): Decoded {
  const framing = String(headers['x-amz-content-sha256'] ?? '')
  return framing.startsWith('STREAMING-') ? decodeChunks(raw) : { body: raw, trailers: {} }
}

/**
 * The checksums that came with the body, by header name. Throws BadDigest where one doesn't fit: crc32, sha1,
 * sha256 and Content-MD5 are computed; crc32c and crc64nvme, which Node can't compute, are kept as stated.
 */
export function verifiedChecksums(
  headers: IncomingHttpHeaders,
  { body, trailers }: Decoded,
): Record<string, string> {
  const md5 = headers['content-md5']
  if (md5 !== undefined && md5 !== hash('md5', body)) throw badDigest('Content-MD5')
  const stated = Object.entries({ ...headers, ...trailers }).flatMap(([name, value]) =>
    checksumHeader.test(name) ? [[name, String(value)] as const] : [],
  )
  for (const [name, value] of stated) {
    const computed = checksumOf(name.slice('x-amz-checksum-'.length), body)
    if (computed !== undefined && computed !== value) throw badDigest(name)
  }
  return Object.fromEntries(stated)
}

export function md5Etag(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`
}

function decodeChunks(raw: Buffer): Decoded {
  const chunks: Buffer[] = []
  let position = 0
  for (;;) {
    const end = raw.indexOf('\r\n', position)
    const size = Number.parseInt(raw.toString('latin1', position, end), 16)
    if (end < 0 || Number.isNaN(size)) throw new S3Error(400, 'IncompleteBody', 'The chunked body ends early')
    if (size === 0)
      return { body: Buffer.concat(chunks), trailers: trailersOf(raw.toString('latin1', end + 2)) }
    chunks.push(raw.subarray(end + 2, end + 2 + size))
    position = end + 2 + size + 2
  }
}

function trailersOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\r\n').flatMap((line) => {
      const [, name, value] = /^([^:]+):(.*)$/.exec(line) ?? []
      return name === undefined ? [] : [[name.trim().toLowerCase(), (value ?? '').trim()]]
    }),
  )
}

function checksumOf(algorithm: string, body: Buffer): string | undefined {
  if (algorithm === 'sha1' || algorithm === 'sha256') return hash(algorithm, body)
  if (algorithm !== 'crc32') return undefined
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(body))
  return bytes.toString('base64')
}

function hash(algorithm: string, body: Buffer): string {
  return createHash(algorithm).update(body).digest('base64')
}

function badDigest(name: string): S3Error {
  return new S3Error(400, 'BadDigest', `The ${name} you specified did not match what was received.`)
}
