import { explain, QuaysideError } from '../../core/errors.ts'

/** What was asked of which server; the token is a header and so never part of it. */
export type Asked = { readonly method: string; readonly url: string }

const wordLimit = 300

/** The error for an answer that isn't one of those callers handle (2xx, 404, 409). */
export function refusal(asked: Asked, status: number, text: string): QuaysideError {
  const words = text.trim().slice(0, wordLimit) || 'no explanation'
  const said = `Consul answered ${status} to ${asked.method} ${asked.url}: ${words}.`
  if (status === 403 || isDenied(words)) {
    return new QuaysideError(
      'CONSUL_DENIED',
      `${said} Check the token in the Consul secret and its policies.`,
    )
  }
  if (status === 429) {
    return new QuaysideError('CONSUL_OVERLOADED', `${said} Its rate or connection limit was reached.`)
  }
  if (status >= 500) {
    return new QuaysideError('CONSUL_OVERLOADED', `${said} Check that the servers have a leader.`)
  }
  return new QuaysideError('CONSUL_REFUSED', said)
}

/** Some Consul versions report a refused token as 500, and inside a transaction as 409. */
export function isDenied(words: string): boolean {
  return /permission denied|acl not found/i.test(words)
}

export function unreachable(asked: Asked, cause: unknown): QuaysideError {
  const words = `No answer from Consul to ${asked.method} ${asked.url} (${explain(cause)}).`
  const remedy =
    'Check that the address is right, a server runs there, and a route and security group lead to it.'
  return new QuaysideError('CONSUL_UNREACHABLE', `${words} ${remedy}`)
}

export function timedOut(asked: Asked, timeoutMs: number): QuaysideError {
  const words = `Consul did not finish answering ${asked.method} ${asked.url} within ${timeoutMs} ms.`
  return new QuaysideError('CONSUL_UNREACHABLE', `${words} Check the servers' load and the network between.`)
}

/**
 * Whether the request surely never reached a server, so that even a write may go to the next one. After anything else a
 * write may have happened, and only its caller can find out by reading.
 */
export function wasNeverSent(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return unsentCodes.has(code) || /^(CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code)
}

/** Gives what `parse` makes of an answer; one that Consul never gives is an error of the network, and the next may be Consul's. */
export function understood<T>(what: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    if (!(cause instanceof QuaysideError) || cause.code !== 'EVENT_INVALID') throw cause
    throw new QuaysideError(
      'CONSUL_UNREACHABLE',
      `The answer to ${what} isn't one of Consul: ${cause.message}. Check that the address leads to Consul itself.`,
    )
  }
}

const unsentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])
