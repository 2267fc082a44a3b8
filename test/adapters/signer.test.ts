import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { createKmsSigner, createLocalSigner } from '../../adapters/signer.ts'
import { keyId } from '../../core/release/verify-pointer.ts'

const pair = generateKeyPairSync('ed25519')
const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** KMS as far as signing goes; keeps what it was asked. */
function kms(key: { privateKey: KeyObject; publicKey: KeyObject }, KeySpec = 'ECC_NIST_EDWARDS25519') {
  const asked: unknown[] = []
  const send = async (command: unknown) => {
    if (command instanceof GetPublicKeyCommand)
      return { KeySpec, PublicKey: key.publicKey.export({ type: 'spki', format: 'der' }) }
    if (!(command instanceof SignCommand)) throw new Error('another command')
    asked.push(command.input)
    return { Signature: sign(null, command.input.Message!, key.privateKey) }
  }
  return { asked, client: { send } as unknown as Pick<KMSClient, 'send'> }
}

test('a local key and a KMS key sign alike', async () => {
  const { asked, client } = kms(pair)
  const remote = await createKmsSigner(client, 'alias/quayside')
  const local = createLocalSigner(pem)
  assert.equal(remote.keyId, keyId(pair.publicKey))
  assert.equal(remote.keyId, local.keyId)
  assert.equal(remote.publicKey, local.publicKey)
  assert.equal(await remote.sign('text'), await local.sign('text'))
  const bytes = Buffer.from(await local.sign('text'), 'base64')
  assert.ok(verify(null, Buffer.from('text'), createPublicKey(local.publicKey), bytes))
  assert.deepEqual(asked, [
    {
      KeyId: 'alias/quayside',
      Message: Buffer.from('text'),
      MessageType: 'RAW',
      SigningAlgorithm: 'ED25519_SHA_512',
    },
  ])
})

test('a KMS key of another spec is refused', async () => {
  await assert.rejects(createKmsSigner(kms(pair, 'ECC_NIST_P256').client, 'k'), { code: 'SETTINGS_INVALID' })
})

test('what is no Ed25519 key is refused without being shown', () => {
  for (const text of ['secret words', pem.replace('BEGIN', 'BEGUN')])
    assert.throws(
      () => createLocalSigner(text),
      (error: Error & { code: string }) => error.code === 'SETTINGS_INVALID' && !error.message.includes(text),
    )
})
