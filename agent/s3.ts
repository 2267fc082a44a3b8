import { gunzipSync } from 'node:zlib'
import { QuaysideError } from '../core/errors.ts'
import { type AwsSender, awsError } from './aws.ts'
import { escapeUri } from './sigv4.ts'
import { countReply, type Traffic } from './traffic.ts'

export type Conditional =
  | { readonly status: 'changed'; readonly body: Buffer; readonly etag: string }
  | { readonly status: 'unchanged' }
  | { readonly status: 'missing' }

/** The few things that a host does with the release bucket. */
export type ReleaseBucket = {
  /** Reads an object that changes. `etag` is what an earlier answer gave. */
  getChanged(key: string, etag: string | null, maxBytes: number): Promise<Conditional>
  /** Reads an object that is there; unpacked if it is gzip, at most `maxBytes` either way. */
  get(key: string, maxBytes: number): Promise<Buffer>
  put(key: string, body: string): Promise<void>
}

export type BucketOptions = {
  readonly bucket: string
  readonly region: string
  /** Instead of AWS's own address; the bucket then is the first part of the path. */
  readonly endpoint: string | undefined
  readonly send: AwsSender
  readonly timeoutMs: number
  /** Counted here what was asked and came. */
  readonly traffic: Traffic
  readonly now: () => number
}

/** What an error page or the gzip header may add to the bytes that were asked for. */
const slack = 4_096

/** Throws AWS_* errors, and RELEASE_CORRUPT for content that can't be unpacked or is larger than it may be. */
export function createReleaseBucket(options: BucketOptions): ReleaseBucket {
  const { send, timeoutMs, traffic, now } = options
  const request = async (
    method: 'GET' | 'PUT',
    key: string,
    maxBytes: number,
    extra: Partial<Parameters<AwsSender>[1]>,
  ) => {
    const url = objectUrl(options, key)
    const reply = await send('s3', {
      ...{ method, url, headers: {}, timeoutMs, maxBytes: maxBytes + slack },
      ...extra,
    })
    countReply(traffic, reply, now())
    return reply
  }
  return {
    async getChanged(key, etag, maxBytes) {
      const headers: Record<string, string> = etag === null ? {} : { 'if-none-match': etag }
      const reply = await request('GET', key, maxBytes, { headers })
      if (reply.status === 304) return { status: 'unchanged' }
      if (reply.status === 404) return { status: 'missing' }
      if (reply.status !== 200) throw awsError(`GET ${key}`, reply)
      return { status: 'changed', body: unpacked(key, reply.body, maxBytes), etag: reply.headers.etag ?? '' }
    },
    async get(key, maxBytes) {
      const reply = await request('GET', key, maxBytes, {})
      if (reply.status !== 200) throw awsError(`GET ${key}`, reply)
      return unpacked(key, reply.body, maxBytes)
    },
    async put(key, body) {
      const reply = await request('PUT', key, 0, { body, headers: { 'content-type': 'application/json' } })
      if (reply.status !== 200) throw awsError(`PUT ${key}`, reply)
    },
  }
}

function objectUrl({ bucket, region, endpoint }: BucketOptions, key: string): URL {
  const path = key.split('/').map(escapeUri).join('/')
  if (endpoint !== undefined) return new URL(`${endpoint.replace(/\/+$/, '')}/${bucket}/${path}`)
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  // A name with dots doesn't fit the wildcard certificate of bucket host names.
  return bucket.includes('.')
    ? new URL(`https://s3.${region}.${suffix}/${bucket}/${path}`)
    : new URL(`https://${bucket}.s3.${region}.${suffix}/${path}`)
}

/** gzip is told by its first two bytes: neither JSON nor nginx configuration begins with them. */
function unpacked(key: string, body: Buffer, maxBytes: number): Buffer {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body
  try {
    return gunzipSync(body, { maxOutputLength: Math.max(1, maxBytes) })
  } catch (cause) {
    const message = `${key} can't be unpacked into at most ${maxBytes} bytes`
    throw new QuaysideError('RELEASE_CORRUPT', message, { cause })
  }
}
