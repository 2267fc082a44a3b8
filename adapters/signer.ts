import { createPrivateKey, createPublicKey, sign as signLocally } from 'node:crypto'
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { QuaysideError } from '../core/errors.ts'
import { keyId } from '../core/release/verify-pointer.ts'

/** Signs channel pointers with an Ed25519 key. */
export type Signer = {
  /** As in `PointerSignature.key`. */
  readonly keyId: string
  /** PEM (SPKI), for whoever verifies. */
  readonly publicKey: string
  /** Base64 of the signature over the text's UTF-8 bytes; at most 4,096 of them. */
  readonly sign: (text: string) => Promise<string>
}

/** Signs with a private key in PEM (PKCS 8). Throws SETTINGS_INVALID, never showing the key, where it is no Ed25519 one. */
export function createLocalSigner(privateKeyPem: string): Signer {
  const key = readPrivateKey(privateKeyPem)
  const publicKey = createPublicKey(key)
  return {
    keyId: keyId(publicKey),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: async (text) => signLocally(null, Buffer.from(text), key).toString('base64'),
  }
}

/** Signs with a KMS key of spec ECC_NIST_EDWARDS25519. Needs kms:GetPublicKey and kms:Sign on it. */
export async function createKmsSigner(kms: Pick<KMSClient, 'send'>, signingKey: string): Promise<Signer> {
  const answer = await kms.send(new GetPublicKeyCommand({ KeyId: signingKey }))
  if (answer.KeySpec !== 'ECC_NIST_EDWARDS25519' || answer.PublicKey === undefined)
    throw new QuaysideError(
      'SETTINGS_INVALID',
      `The KMS key is of spec ${answer.KeySpec}, expected ECC_NIST_EDWARDS25519. Create a new key of that spec.`,
    )
  const publicKey = createPublicKey({ key: Buffer.from(answer.PublicKey), format: 'der', type: 'spki' })
  return {
    keyId: keyId(publicKey),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: async (text) => signInKms(kms, signingKey, text),
  }
}

async function signInKms(kms: Pick<KMSClient, 'send'>, signingKey: string, text: string): Promise<string> {
  const { Signature } = await kms.send(
    new SignCommand({
      KeyId: signingKey,
      Message: Buffer.from(text),
      // The plain Ed25519 of RFC 8032 over the message itself, which is what node:crypto verifies.
      MessageType: 'RAW',
      SigningAlgorithm: 'ED25519_SHA_512',
    }),
  )
  if (Signature === undefined) throw new QuaysideError('AWS_FAILED', 'KMS answered without a signature.')
  return Buffer.from(Signature).toString('base64')
}

function readPrivateKey(pem: string): ReturnType<typeof createPrivateKey> {
  const key = parsePem(pem)
  if (key?.asymmetricKeyType === 'ed25519') return key
  // No cause: a parser's words may quote the key.
  throw new QuaysideError('SETTINGS_INVALID', 'The signing key is not a PEM of an Ed25519 private key.')
}

function parsePem(pem: string): ReturnType<typeof createPrivateKey> | null {
  try {
    return createPrivateKey(pem)
  } catch {
    return null
  }
}
