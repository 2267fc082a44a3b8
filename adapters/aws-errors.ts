import { explain, QuaysideError } from '../core/errors.ts'

/** Limits of every AWS client: a missing route is an error within two seconds, not a hang. */
export const awsTimeouts = {
  requestHandler: {
    // Times three attempts: the clients try a connection again that isn't made.
    connectionTimeout: 500,
    requestTimeout: 5_000,
    // Without it the SDK only writes a line about the time and goes on waiting.
    throwOnRequestTimeout: true,
    // For an answer that begins and doesn't end, which the request's own limit no longer sees.
    socketTimeout: 5_000,
  },
  maxAttempts: 3,
} as const

const throttled = /throttl|TooManyRequests|RequestLimitExceeded|SlowDown/i
const denied =
  /AccessDenied|UnauthorizedOperation|ExpiredToken|InvalidClientTokenId|UnrecognizedClient|CredentialsProvider/i
const unreachable =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ECONNRESET|TimeoutError/i

/** The error of an SDK call under our stable codes; `what` names the call, such as `ecs:DescribeTasks`. */
export function awsError(what: string, cause: unknown): QuaysideError {
  const name = cause instanceof Error ? cause.name : ''
  const sign = `${name} ${codeOf(cause)}`
  const words = `${what} failed (${name || 'unknown'}): ${explain(cause)}.`
  if (throttled.test(sign)) return new QuaysideError('AWS_THROTTLED', `${words} It is tried again.`)
  if (denied.test(sign)) {
    return new QuaysideError('AWS_DENIED', `${words} Check that the function's role allows ${what}.`)
  }
  if (unreachable.test(sign)) {
    const remedy = 'Check that the subnets have a route or an interface endpoint to this service.'
    return new QuaysideError('AWS_UNREACHABLE', `${words} ${remedy}`)
  }
  return new QuaysideError('AWS_FAILED', words)
}

/** Runs an SDK call and gives its failure one of our codes. */
export async function called<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    throw awsError(what, cause)
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}
