import { QuaysideError } from '../core/errors.ts'
import type { CredentialSource } from './credentials.ts'
import type { HttpClient, HttpReply } from './http.ts'
import { hash, signRequest } from './sigv4.ts'

export type AwsRequest = {
  readonly method: 'GET' | 'PUT'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  readonly maxBytes: number
}

export type AwsSender = (service: string, request: AwsRequest) => Promise<HttpReply>

export type AwsOptions = {
  readonly region: string
  readonly http: HttpClient
  readonly credentials: CredentialSource
  readonly now: () => number
}

const expired: readonly string[] = ['ExpiredToken', 'ExpiredTokenException']

/**
 * Sends signed requests. AWS refuses a signature whose time is more than 15 minutes off; a host with a wrong clock must still get its
 * releases, so the offset is learned from the refusal and the request sent again. Such a clock also believes too long in credentials:
 * where AWS calls them expired, new ones are asked for.
 */
export function createAwsSender({ region, http, credentials, now }: AwsOptions): AwsSender {
  let offsetMs = 0
  const send = async (service: string, request: AwsRequest, refused = false) => {
    const body = request.body ?? ''
    const headers = { ...request.headers, 'x-amz-content-sha256': hash(body) }
    const scope = { region, service, now: new Date(now() + offsetMs) }
    const signed = signRequest({ ...request, headers, body }, await credentials(refused), scope)
    return http.send({ ...request, headers: signed })
  }
  return async (service, request) => {
    const reply = await send(service, request)
    if (expired.includes(errorCodeOf(reply))) return send(service, request, true)
    const serverTime = Date.parse(reply.headers.date ?? '')
    if (reply.status !== 403 || errorCodeOf(reply) !== 'RequestTimeTooSkewed' || Number.isNaN(serverTime))
      return reply
    offsetMs = serverTime - now()
    return send(service, request)
  }
}

/** The error for an answer that isn't a success. */
export function awsError(what: string, reply: HttpReply): QuaysideError {
  const code = errorCodeOf(reply)
  const message = `${what} answered ${reply.status}${code === '' ? '' : ` ${code}`}`
  if (reply.status === 429 || reply.status === 503) return new QuaysideError('AWS_THROTTLED', message)
  if (reply.status === 401 || reply.status === 403)
    return new QuaysideError('AWS_DENIED', `${message}: check the host's role and the bucket's policy`)
  return new QuaysideError('AWS_FAILED', message)
}

function errorCodeOf(reply: HttpReply): string {
  return /<Code>([A-Za-z0-9.]{1,100})<\/Code>/.exec(reply.body.toString())?.[1] ?? ''
}
