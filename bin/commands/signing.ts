import { readFileSync } from 'node:fs'
import { KMSClient } from '@aws-sdk/client-kms'
import { awsTimeouts, called } from '../../adapters/aws-errors.ts'
import { createKmsSigner, createLocalSigner, type Signer } from '../../adapters/signer.ts'
import { QuaysideError } from '../../core/errors.ts'
import type { Terminal } from './command.ts'
import { UsageError } from './usage-error.ts'

/** The options of every command that signs, for `readFlags`. */
export const signingFlags = { 'signing-key': 'text', 'signing-key-file': 'text' } as const

export type SigningFlags = {
  readonly 'signing-key': string | null
  readonly 'signing-key-file': string | null
}

export const signingHelp = `  --signing-key <id>     the KMS key                    (QUAYSIDE_SIGNING_KEY,
                         else alias quayside-<deployment>-signing)
  --signing-key-file <f> PEM of an Ed25519 private key, instead of KMS`

/** Opens the key that signs for this deployment. */
export async function openSigner(
  flags: SigningFlags,
  deployment: string,
  { env }: Terminal,
): Promise<Signer> {
  const file = flags['signing-key-file']
  if (file !== null && flags['signing-key'] !== null)
    throw new UsageError('--signing-key and --signing-key-file exclude one another.')
  if (file !== null) return createLocalSigner(readKeyFile(file))
  const key = flags['signing-key'] ?? env.QUAYSIDE_SIGNING_KEY ?? `alias/quayside-${deployment}-signing`
  const kms = new KMSClient(awsTimeouts)
  const signer = await called(`kms:GetPublicKey of ${key}`, () => createKmsSigner(kms, key))
  return { ...signer, sign: (text) => called(`kms:Sign with ${key}`, () => signer.sign(text)) }
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new QuaysideError('SETTINGS_INVALID', `--signing-key-file ${path} can't be read`, { cause })
  }
}
