import type { Log } from '../../adapters/log.ts'
import { explain, isRetryable, QuaysideError } from '../../core/errors.ts'
import { parseResourceRequest, type ResourceRequest } from './request.ts'

export type PublicKeyDeps = {
  /** The public half of a KMS key, as PEM. */
  readonly readPublicKey: (keyId: string) => Promise<string>
  /** Gives CloudFormation its answer. */
  readonly answer: (url: string, body: string) => Promise<void>
  readonly log: Pick<Log, 'info' | 'error'>
  readonly sleep: (ms: number) => Promise<void>
}

/** A role that was just created is refused for some seconds, until IAM knows it everywhere. */
const pausesMs = [1_000, 2_000, 4_000, 8_000, 15_000, 15_000]

/**
 * A custom resource whose attribute `Pem` is the public half of the KMS key that its property `KeyId` names. Always answers, because
 * CloudFormation would otherwise wait; deleting it does nothing.
 */
export function createHandler(deps: PublicKeyDeps): (event: unknown) => Promise<void> {
  return async (event) => {
    const request = parseResourceRequest(event)
    const outcome = await outcomeOf(request, deps)
    const physicalResourceId = request.physicalResourceId ?? `${request.logicalResourceId}-public-key`
    const body = {
      StackId: request.stackId,
      RequestId: request.requestId,
      LogicalResourceId: request.logicalResourceId,
      // The same for the resource's whole life: another one would make CloudFormation delete "the old" one.
      PhysicalResourceId: physicalResourceId,
      ...outcome,
    }
    await deps.answer(request.responseUrl, JSON.stringify(body))
  }
}

type Outcome =
  | { readonly Status: 'SUCCESS'; readonly Data?: { readonly Pem: string } }
  | { readonly Status: 'FAILED'; readonly Reason: string }

async function outcomeOf(request: ResourceRequest, deps: PublicKeyDeps): Promise<Outcome> {
  if (request.type === 'Delete') return { Status: 'SUCCESS' }
  try {
    if (request.keyId === null)
      throw new QuaysideError('SETTINGS_INVALID', 'The property KeyId of the custom resource names no key.')
    const Pem = await read(request.keyId, deps)
    deps.log.info('public-key-read', { request: request.type })
    return { Status: 'SUCCESS', Data: { Pem } }
  } catch (error) {
    const reason = explain(error)
    deps.log.error('public-key-failed', { request: request.type, reason })
    return { Status: 'FAILED', Reason: reason }
  }
}

async function read(keyId: string, deps: PublicKeyDeps): Promise<string> {
  for (const ms of pausesMs) {
    try {
      return await deps.readPublicKey(keyId)
    } catch (error) {
      if (!mayPass(error)) throw error
      await deps.sleep(ms)
    }
  }
  return deps.readPublicKey(keyId)
}

function mayPass(error: unknown): boolean {
  return isRetryable(error) || (error instanceof QuaysideError && error.code === 'AWS_DENIED')
}
