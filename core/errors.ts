/**
 * Every way in which Quayside itself reports a failure. The code is stable: alarms, runbooks and tests may rely on it.
 * `retryable` says whether the same call can succeed later without anybody changing anything.
 */
export const errorCodes = {
  SETTINGS_INVALID: { retryable: false, meaning: 'a setting is missing or has a value that is not allowed' },
  EVENT_INVALID: { retryable: false, meaning: 'an event or record does not have the documented shape' },
  TASK_UNRESOLVED: {
    retryable: true,
    meaning: 'an address, host or task definition could not be looked up yet',
  },
  TASK_REFUSED: {
    retryable: false,
    meaning: 'a task cannot be registered as it is (size, labels, unsupported host)',
  },
  NODE_REFUSED: { retryable: false, meaning: 'the Consul node belongs to an agent or to another deployment' },
  PURGE_REFUSED: { retryable: false, meaning: 'a purge would remove what a deployment still keeps' },
  CONSUL_UNREACHABLE: { retryable: true, meaning: 'no Consul server answered' },
  CONSUL_OVERLOADED: { retryable: true, meaning: 'Consul answered 429 or 5xx' },
  CONSUL_DENIED: { retryable: false, meaning: 'Consul refused the ACL token' },
  CONSUL_REFUSED: { retryable: false, meaning: 'Consul refused the request as invalid' },
  CONSUL_CONFLICT: { retryable: true, meaning: 'a compare-and-set lost against another writer' },
  AWS_THROTTLED: { retryable: true, meaning: 'an AWS API asked to slow down' },
  AWS_UNREACHABLE: { retryable: true, meaning: 'an AWS API could not be reached (route, endpoint or DNS)' },
  AWS_DENIED: { retryable: false, meaning: 'an AWS API refused the credentials or the permission' },
  AWS_FAILED: { retryable: true, meaning: 'an AWS API failed in another way' },
  ROUTE_INVALID: { retryable: false, meaning: 'a routing label has a value that is not allowed' },
  TEMPLATE_MISSING: { retryable: false, meaning: 'a template file is not there' },
  TEMPLATE_FAILED: { retryable: false, meaning: 'a template could not be rendered' },
  RENDER_REFUSED: { retryable: false, meaning: 'the rendered text does not have the structure of its model' },
  RELEASE_CONFLICT: { retryable: true, meaning: 'another publisher replaced the channel first' },
  RELEASE_INVALID: {
    retryable: false,
    meaning: 'a pointer, layout or blob is malformed, unsigned or older than what is known',
  },
  RELEASE_UNSUPPORTED: {
    retryable: false,
    meaning: 'an object has a newer format than this version of Quayside can read',
  },
  RELEASE_CORRUPT: {
    retryable: true,
    meaning: 'a downloaded object does not have the digest or size that was signed',
  },
  HOST_TEST_FAILED: { retryable: false, meaning: 'nginx -t refused the configuration' },
  HOST_CONFIRM_FAILED: { retryable: false, meaning: 'nginx did not take the configuration into use' },
  HOST_NGINX_DOWN: { retryable: true, meaning: 'nginx is not running on this host' },
  HOST_TAKEN: { retryable: true, meaning: 'another agent works on this host' },
  HOST_DISK: { retryable: true, meaning: 'the host could not write to its disk' },
  INSTALL_REFUSED: { retryable: false, meaning: 'the host agent can not be installed as things are' },
  BINARY_MISSING: { retryable: false, meaning: 'a program that is needed is not installed' },
  PORT_TAKEN: { retryable: false, meaning: 'another process listens on a port that is needed' },
} as const satisfies Record<string, { retryable: boolean; meaning: string }>

export type ErrorCode = keyof typeof errorCodes

/**
 * A failure with a stable `code`. The message names what failed, with which value, and what to do; it never holds a secret.
 * `retryable` follows from the code, so callers never look into messages.
 */
export class QuaysideError extends Error {
  override readonly name = 'QuaysideError' as const
  readonly code: ErrorCode
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.retryable = errorCodes[code].retryable
  }
}

/** Whether trying again later can help. An error that is not ours says nothing about itself, so it may. */
export function isRetryable(error: unknown): boolean {
  return error instanceof QuaysideError ? error.retryable : true
}

/** The error's own words in one line, with those of its causes that it doesn't say itself: for log lines and reports. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.message || error.name
  if (error.cause === undefined) return own
  const cause = explain(error.cause)
  if (own.includes(cause)) return own
  return /[.!?]$/.test(own) ? `${own} (${cause})` : `${own}: ${cause}`
}
