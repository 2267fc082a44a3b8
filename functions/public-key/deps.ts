import { setTimeout as sleep } from 'node:timers/promises'
import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms'
import { awsError, awsTimeouts } from '../../adapters/aws-errors.ts'
import type { Log } from '../../adapters/log.ts'
import { createKmsSigner } from '../../adapters/signer.ts'
import { explain, QuaysideError } from '../../core/errors.ts'
import type { PublicKeyDeps } from './handler.ts'

export type PublicKeyWiring = {
  readonly log: Log
  /** Where the client goes; empty in AWS, where the environment says it. */
  readonly kms?: KMSClientConfig
}

const answerTimeoutMs = 10_000
const answerAttempts = 3

/** The handler's dependencies over a real client. */
export function createPublicKeyDeps({ log, kms = {} }: PublicKeyWiring): PublicKeyDeps {
  const client = new KMSClient({ ...awsTimeouts, ...kms })
  return {
    readPublicKey: async (keyId) => {
      try {
        return (await createKmsSigner(client, keyId)).publicKey
      } catch (error) {
        throw error instanceof QuaysideError ? error : awsError('kms:GetPublicKey', error)
      }
    },
    answer,
    log,
    sleep: async (ms) => {
      await sleep(ms)
    },
  }
}

/** The URL is signed for a request without a content type, which a text as body would get. It stays out of errors: it is a secret. */
async function answer(url: string, body: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const problem = await put(url, Buffer.from(body))
    if (problem === null) return
    if (attempt === answerAttempts)
      throw new QuaysideError('AWS_FAILED', `CloudFormation's answer could not be delivered: ${problem}`)
  }
}

async function put(url: string, body: Uint8Array<ArrayBuffer>): Promise<string | null> {
  try {
    const { ok, status } = await fetch(url, {
      method: 'PUT',
      body,
      signal: AbortSignal.timeout(answerTimeoutMs),
    })
    return ok ? null : `S3 answered ${status}`
  } catch (error) {
    return explain(error).replaceAll(url, 'the answer URL')
  }
}
