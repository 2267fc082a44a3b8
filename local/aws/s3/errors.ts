/** An error as S3 answers it: an XML body with `code`, and headers for the few errors that carry some. */
export class S3Error extends Error {
  override readonly name = 'S3Error' as const
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export const noSuchKey = (headers?: Record<string, string>): S3Error =>
  new S3Error(404, 'NoSuchKey', 'The specified key does not exist.', headers)

export const accessDenied = (message = 'Access Denied'): S3Error => new S3Error(403, 'AccessDenied', message)

export const preconditionFailed = (): S3Error =>
  new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')

export const conditionalConflict = (): S3Error =>
  new S3Error(
    409,
    'ConditionalRequestConflict',
    'A conflicting operation ran while this request was in progress',
  )

export const invalidArgument = (message: string): S3Error => new S3Error(400, 'InvalidArgument', message)
