import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** A request once it is read: addressed by bucket and key whichever URL style it used. */
export type S3Request = {
  readonly method: string
  readonly bucket: string
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Path and query as sent: signatures cover these. */
  readonly rawPath: string
  readonly rawQuery: string
  readonly accessKeyId: string | undefined
}

/**
 * Reads bucket and key from a path-style URL or from a virtual-host-style Host header; throws URIError on bad
 * escapes.
 */
export function parseRequest(message: IncomingMessage): S3Request {
  const [rawPath = '/', ...rest] = (message.url ?? '/').split('?')
  const rawQuery = rest.join('?')
  const query = new URLSearchParams(rawQuery)
  const hostBucket = bucketOfHost(message.headers.host ?? '')
  const [, first = '', remainder = ''] = /^\/([^/]*)\/?(.*)$/s.exec(rawPath) ?? []
  const bucket = hostBucket ?? decodeURIComponent(first)
  const key = decodeURIComponent(hostBucket === undefined ? remainder : rawPath.slice(1))
  const accessKeyId = credentialOf(message.headers.authorization, query)
  return {
    method: message.method ?? 'GET',
    bucket,
    key,
    query,
    headers: message.headers,
    rawPath,
    rawQuery,
    accessKeyId,
  }
}

/**
 * `releases.s3.eu-central-1.amazonaws.com` and `releases.localhost` name a bucket; an address or a bare host
 * doesn't.
 */
function bucketOfHost(host: string): string | undefined {
  const name = host.replace(/:\d+$/, '')
  return /^(.+?)\.(?:s3[.-].+|s3|localhost)$/.exec(name)?.[1]
}

function credentialOf(authorization: string | undefined, query: URLSearchParams): string | undefined {
  const credential =
    /Credential=([^,\s]+)/.exec(authorization ?? '')?.[1] ?? query.get('X-Amz-Credential') ?? ''
  return credential.split('/')[0] || undefined
}
