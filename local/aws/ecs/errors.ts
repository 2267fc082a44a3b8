/** An error of an AWS JSON API: the SDK makes an exception of that name of it. */
export class EcsError extends Error {
  override readonly name = 'EcsError' as const
  readonly type: string
  readonly status: number

  constructor(type: string, message: string, status = 400) {
    super(message)
    this.type = type
    this.status = status
  }
}

export const invalidParameter = (message: string): EcsError =>
  new EcsError('InvalidParameterException', message)
