import { JsonError } from '../json-service.ts'

/** An error of ECS's API: the SDK makes an exception of that type of it. */
export class EcsError extends JsonError {
  override readonly name = 'EcsError' as const
}

export const invalidParameter = (message: string): EcsError =>
  new EcsError('InvalidParameterException', message)
