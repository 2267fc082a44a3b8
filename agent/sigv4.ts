import { createHash, createHmac } from 'node:crypto'

export type Credentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export type Signable = {
  readonly method: string
  readonly url: URL
  /** All of them are signed; names in any case. `host` is added. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

export type SigningScope = { readonly region: string; readonly service: string; readonly now: Date }

const algorithm = 'AWS4-HMAC-SHA256'

/**
 * The request's headers with a Signature Version 4 added, as S3 wants it: the path is taken as it is in the URL, escaped once. The result
 * holds the signature and the session token; it belongs into a request and nowhere else.
 */
export function signRequest(
  request: Signable,
  credentials: Credentials,
  { region, service, now }: SigningScope,
): Record<string, string> {
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = [time.slice(0, 8), region, service, 'aws4_request']
  const headers = signedHeaders(request, credentials, time)
  const names = Object.keys(headers).sort()
  const canonical = canonicalRequest(request, headers, names)
  const text = [algorithm, time, scope.join('/'), hash(canonical)].join('\n')
  const key = signingKey(credentials.secretAccessKey, scope)
  const authorization = [
    `${algorithm} Credential=${credentials.accessKeyId}/${scope.join('/')}`,
    `SignedHeaders=${names.join(';')}`,
    `Signature=${hmac(key, text).toString('hex')}`,
  ].join(', ')
  return { ...headers, authorization }
}

let lastKey: { readonly from: string; readonly key: string | Buffer } | null = null

/** It is another one only every day, or with other credentials; to make it takes four times as long as to sign. */
function signingKey(secret: string, scope: readonly string[]): string | Buffer {
  const from = JSON.stringify([secret, ...scope])
  if (lastKey?.from !== from) lastKey = { from, key: scope.reduce<string | Buffer>(hmac, `AWS4${secret}`) }
  return lastKey.key
}

/** SHA-256 in hex, which S3 wants in `x-amz-content-sha256` too. */
export function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** Escapes everything but unreserved characters: `encodeURIComponent` leaves five that AWS escapes. */
export function escapeUri(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function signedHeaders(
  { headers, url }: Signable,
  { sessionToken }: Credentials,
  time: string,
): Record<string, string> {
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  const token = sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }
  return { ...Object.fromEntries(own), host: url.host, 'x-amz-date': time, ...token }
}

function canonicalRequest(
  { method, url, body }: Signable,
  headers: Readonly<Record<string, string>>,
  names: readonly string[],
): string {
  const lines = names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`)
  const payload = headers['x-amz-content-sha256'] ?? hash(body)
  return [method, url.pathname, canonicalQuery(url), lines.join(''), names.join(';'), payload].join('\n')
}

function canonicalQuery(url: URL): string {
  return [...url.searchParams]
    .map(([name, value]) => `${escapeUri(name)}=${escapeUri(value)}`)
    .sort()
    .join('&')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
