import assert from 'node:assert/strict'
import { verify } from 'node:crypto'
import { test } from 'node:test'
import { KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { createKmsSigner } from '../../../adapters/signer.ts'
import { startKms } from '../../../local/aws/kms.ts'

const keyArn = 'arn:aws:kms:eu-central-1:000000000000:key/1'
const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }

test('the stand-in for KMS signs as the signer asks, and gives the public half', async (t) => {
  const kms = await startKms(keyArn)
  const client = new KMSClient({ endpoint: kms.url, region: 'eu-central-1', credentials })
  t.after(async () => {
    client.destroy()
    await kms.close()
  })
  const signer = await createKmsSigner(client, keyArn)
  assert.equal(signer.publicKey, kms.publicKey)
  const signature = Buffer.from(await signer.sign('a pointer'), 'base64')
  assert.ok(verify(null, Buffer.from('a pointer'), kms.publicKey, signature))
  await assert.rejects(signer.sign('x'.repeat(4_097)), { name: 'ValidationException' })
  await assert.rejects(createKmsSigner(client, 'another'), { name: 'NotFoundException' })
  const digest = { KeyId: keyArn, Message: Buffer.from('x'), MessageType: 'DIGEST' } as const
  const asked = new SignCommand({ ...digest, SigningAlgorithm: 'ED25519_SHA_512' })
  await assert.rejects(client.send(asked), { name: 'ValidationException' })
})
