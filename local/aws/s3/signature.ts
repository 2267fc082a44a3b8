import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { byText } from '../../../core/canonical.ts'
import { accessDenied, S3Error } from './errors.ts'
import type { S3Request } from './request.ts'

/** What the verification needs to know of a key pair. */
export type SigningSecret = { readonly secretAccessKey: string; readonly sessionToken?: string }

type Authorization = {
  readonly scope: readonly string[]
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly timestamp: string
  readonly payloadHash: string
}

const maxSkewMs = 15 * 60_000

/**
 * Verifies Signature Version 4 of one request, in its Authorization header or (presigned) in its query, as S3
 * does: the path isn't escaped twice, every `x-amz-*` header and Host must be signed, and a stated payload hash
 * must be the body's. Throws S3Error.
 */
export function verifySignature(
  request: S3Request,
  body: Buffer,
  secret: SigningSecret,
  options: { readonly region?: string | undefined; readonly now: Date },
): void {
  const presigned = request.query.has('X-Amz-Signature')
  const authorization = presigned ? fromQuery(request, options.now) : fromHeader(request)
  checkScope(authorization, options)
  checkToken(request, secret)
  checkSignedHeaders(request, authorization)
  if (!presigned) checkPayload(authorization.payloadHash, body)
  const expected = signatureOf(request, authorization, secret.secretAccessKey)
  if (!equalText(expected, authorization.signature))
    throw new S3Error(
      403,
      'SignatureDoesNotMatch',
      'The signature does not match the one calculated for this request',
    )
}

function fromHeader(request: S3Request): Authorization {
  const header = request.headers.authorization ?? ''
  const match =
    /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
      header,
    )
  if (match === null) throw malformed('the Authorization header is not a Signature Version 4')
  const payloadHash = request.headers['x-amz-content-sha256']
  if (typeof payloadHash !== 'string')
    throw new S3Error(400, 'InvalidRequest', 'Missing required header for this request: x-amz-content-sha256')
  return {
    scope: (match[1] ?? '').split('/').slice(1),
    signedHeaders: (match[2] ?? '').split(';'),
    signature: match[3] ?? '',
    timestamp: String(request.headers['x-amz-date'] ?? ''),
    payloadHash,
  }
}

function fromQuery({ query }: S3Request, now: Date): Authorization {
  const timestamp = query.get('X-Amz-Date') ?? ''
  const expires = Number(query.get('X-Amz-Expires'))
  if (!(now.getTime() <= timeOf(timestamp) + expires * 1000)) throw accessDenied('Request has expired')
  return {
    scope: (query.get('X-Amz-Credential') ?? '').split('/').slice(1),
    signedHeaders: (query.get('X-Amz-SignedHeaders') ?? '').split(';'),
    signature: query.get('X-Amz-Signature') ?? '',
    timestamp,
    payloadHash: 'UNSIGNED-PAYLOAD',
  }
}

function checkScope(
  { scope, timestamp }: Authorization,
  { region, now }: { readonly region?: string | undefined; readonly now: Date },
): void {
  const [date, stated, service, terminator] = scope
  if (service !== 's3' || terminator !== 'aws4_request' || scope.length !== 4)
    throw malformed(`the credential scope ${scope.join('/')} is not <date>/<region>/s3/aws4_request`)
  if (region !== undefined && stated !== region)
    throw malformed(`the region '${stated}' is wrong; expecting '${region}'`)
  if (!timestamp.startsWith(date ?? '?')) throw malformed('the scope has another date than x-amz-date')
  if (!(Math.abs(now.getTime() - timeOf(timestamp)) <= maxSkewMs))
    throw new S3Error(
      403,
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    )
}

function checkToken(request: S3Request, { sessionToken }: SigningSecret): void {
  const sent =
    request.headers['x-amz-security-token'] ?? request.query.get('X-Amz-Security-Token') ?? undefined
  if (sent !== sessionToken)
    throw new S3Error(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.')
}

function checkSignedHeaders(request: S3Request, { signedHeaders }: Authorization): void {
  const required = Object.keys(request.headers).filter((name) => name === 'host' || name.startsWith('x-amz-'))
  const missing = required.filter((name) => !signedHeaders.includes(name))
  if (missing.length > 0)
    throw accessDenied(
      `There were headers present in the request which were not signed: ${missing.join(', ')}`,
    )
}

function checkPayload(stated: string, body: Buffer): void {
  if (stated === 'UNSIGNED-PAYLOAD' || stated === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') return
  if (stated.startsWith('STREAMING-'))
    throw new S3Error(501, 'NotImplemented', `${stated}: signed chunks can't be verified here`)
  if (stated !== createHash('sha256').update(body).digest('hex'))
    throw new S3Error(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    )
}

function signatureOf(request: S3Request, authorization: Authorization, secret: string): string {
  const { scope, timestamp } = authorization
  const canonical = createHash('sha256').update(canonicalRequest(request, authorization)).digest('hex')
  const toSign = ['AWS4-HMAC-SHA256', timestamp, scope.join('/'), canonical].join('\n')
  const key = scope.reduce<string | Buffer>((parent, part) => hmac(parent, part), `AWS4${secret}`)
  return hmac(key, toSign).toString('hex')
}

function canonicalRequest(request: S3Request, { signedHeaders, payloadHash }: Authorization): string {
  const headers = signedHeaders.map((name) => {
    const value = request.headers[name]
    return `${name}:${String(value ?? '')
      .trim()
      .replace(/ +/g, ' ')}\n`
  })
  const path = request.rawPath
    .split('/')
    .map((segment) => encode(decodeURIComponent(segment)))
    .join('/')
  return [
    request.method,
    path,
    canonicalQuery(request),
    headers.join(''),
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n')
}

function canonicalQuery({ rawQuery }: S3Request): string {
  // Not URLSearchParams: it reads + as a space, which a signer means literally.
  const pairs = rawQuery
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value.join('=')))] as const
    })
  return pairs
    .filter(([name]) => name !== 'X-Amz-Signature')
    .sort((a, b) => byText(a[0], b[0]) || byText(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function equalText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

/** Milliseconds of `20261120T101500Z`; NaN for anything else. */
function timeOf(timestamp: string): number {
  return Date.parse(timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

function malformed(reason: string): S3Error {
  return new S3Error(400, 'AuthorizationHeaderMalformed', `The authorization header is malformed; ${reason}`)
}
