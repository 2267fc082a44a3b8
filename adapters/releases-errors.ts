import { explain, QuaysideError } from '../core/errors.ts'

/** The HTTP status of a failed S3 request; null where no answer came. */
export function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return null
  const metadata = error.$metadata
  const status = typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
  return status && typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : null
}

/** A bucket that isn't there answers 404 like an object that isn't there, and must not pass as one without releases. */
export function isBucketMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'NoSuchBucket'
}

/**
 * Names what failed and sorts it. 412: the condition didn't hold. 409: S3 saw two conditional writes of one object at once and
 * carried out the other; 404 for a write with If-Match: the object was deleted. All three mean that somebody else was first.
 */
export function awsFailure(error: unknown, doing: string): QuaysideError {
  const status = statusOf(error)
  const cause = { cause: error }
  if (isBucketMissing(error))
    return new QuaysideError('SETTINGS_INVALID', `The bucket does not exist: ${doing}`, cause)
  if (status === 412 || status === 409 || (status === 404 && doing.startsWith('writing')))
    return new QuaysideError('RELEASE_CONFLICT', `Somebody else was first when ${doing}`, cause)
  if (status === 403 || status === 401)
    return new QuaysideError(
      'AWS_DENIED',
      `S3 refused ${doing}. Check the role's policy and the bucket's`,
      cause,
    )
  if (status === 503 || status === 429)
    return new QuaysideError('AWS_THROTTLED', `S3 asked to slow down when ${doing}`, cause)
  if (status !== null) return new QuaysideError('AWS_FAILED', `S3 answered ${status} when ${doing}`, cause)
  const setting = missingSetting(error)
  if (setting !== null)
    return new QuaysideError('SETTINGS_INVALID', `Nothing was asked of S3, ${doing}. ${setting}`, cause)
  const why = `No answer from S3 when ${doing} (${explain(error)}). Check the route or VPC endpoint to S3`
  return new QuaysideError('AWS_UNREACHABLE', why, cause)
}

/** The AWS client fails so before it sends anything, where it was told no region or no credentials. */
function missingSetting(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if (error.message === 'Region is missing') return 'Set AWS_REGION, or AWS_PROFILE with a region'
  if (error.name === 'CredentialsProviderError') return 'Set AWS_PROFILE, or log in as for the aws command'
  return null
}
