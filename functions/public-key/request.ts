import { QuaysideError } from '../../core/errors.ts'
import { isObject } from '../../core/settings/shown.ts'

/** What CloudFormation asks of a custom resource. */
export type ResourceRequest = {
  readonly type: 'Create' | 'Update' | 'Delete'
  /** Where the answer goes: whoever has it may answer, so it is never logged. */
  readonly responseUrl: string
  readonly stackId: string
  readonly requestId: string
  readonly logicalResourceId: string
  /** Null when it is created. */
  readonly physicalResourceId: string | null
  /** The key whose public half is wanted; null where it isn't named. */
  readonly keyId: string | null
}

const types = ['Create', 'Update', 'Delete'] as const

/** Reads the event. Throws EVENT_INVALID where not even an answer would be possible. */
export function parseResourceRequest(event: unknown): ResourceRequest {
  const members = isObject(event) ? event : {}
  const type = types.find((one) => one === members.RequestType)
  if (type === undefined) throw invalid('RequestType')
  const { PhysicalResourceId: physical, ResourceProperties: properties } = members
  const keyId = isObject(properties) ? properties.KeyId : undefined
  return {
    type,
    responseUrl: text(members, 'ResponseURL'),
    stackId: text(members, 'StackId'),
    requestId: text(members, 'RequestId'),
    logicalResourceId: text(members, 'LogicalResourceId'),
    physicalResourceId: typeof physical === 'string' ? physical : null,
    keyId: typeof keyId === 'string' && keyId !== '' ? keyId : null,
  }
}

function text(members: Record<string, unknown>, name: string): string {
  const value = members[name]
  if (typeof value === 'string' && value !== '') return value
  throw invalid(name)
}

function invalid(name: string): QuaysideError {
  return new QuaysideError(
    'EVENT_INVALID',
    `${name} is missing: this function is for CloudFormation, which calls it for a custom resource`,
  )
}
