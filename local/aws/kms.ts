import { generateKeyPairSync, sign } from 'node:crypto'
import { type LocalServer, listenHttp } from './http-server.ts'
import { handleJson, JsonError, type JsonInput } from './json-service.ts'

export type LocalKms = LocalServer & {
  /** PEM (SPKI) of the key's public half. */
  readonly publicKey: string
}

/** KMS signs no longer messages than these. */
const mostBytes = 4_096

/** A KMS with one new Ed25519 signing key, known by that ARN. */
export async function startKms(keyArn: string): Promise<LocalKms> {
  const { privateKey: key, publicKey } = generateKeyPairSync('ed25519')
  const about = { KeyId: keyArn, SigningAlgorithm: 'ED25519_SHA_512' }
  const actions = {
    GetPublicKey: (input: JsonInput) => {
      checkKey(input, keyArn)
      const der = publicKey.export({ type: 'spki', format: 'der' })
      const spec = { KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' }
      return {
        KeyId: keyArn,
        ...spec,
        PublicKey: der.toString('base64'),
        SigningAlgorithms: ['ED25519_SHA_512'],
      }
    },
    Sign: (input: JsonInput) => {
      checkKey(input, keyArn)
      return { ...about, Signature: sign(null, messageOf(input), key).toString('base64') }
    },
  }
  const service = { target: 'TrentService', actions }
  const server = await listenHttp((message, response) => handleJson(service, message, response))
  return { ...server, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}

function checkKey({ KeyId }: JsonInput, keyArn: string): void {
  if (KeyId !== keyArn) throw new JsonError('NotFoundException', `Key '${String(KeyId)}' does not exist`)
}

function messageOf({ Message, MessageType, SigningAlgorithm }: JsonInput): Buffer {
  if (MessageType !== 'RAW' || SigningAlgorithm !== 'ED25519_SHA_512')
    throw new JsonError('ValidationException', `${SigningAlgorithm} signs messages of type RAW only`)
  const bytes = Buffer.from(String(Message), 'base64')
  if (bytes.length < 1 || bytes.length > mostBytes)
    throw new JsonError('ValidationException', `Message must have from 1 to ${mostBytes} bytes`)
  return bytes
}
