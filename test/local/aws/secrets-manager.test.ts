import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { startSecretsManager } from '../../../local/aws/secrets-manager.ts'

test('the stand-in for Secrets Manager gives what it holds, and refuses what it does not', async (t) => {
  const secrets = await startSecretsManager({ consul: 'a text' })
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  const client = new SecretsManagerClient({ endpoint: secrets.url, region: 'eu-central-1', credentials })
  t.after(async () => {
    client.destroy()
    await secrets.close()
  })
  const read = async (SecretId: string) =>
    (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString
  assert.equal(await read('consul'), 'a text')
  await assert.rejects(read('toString'), { name: 'ResourceNotFoundException' })
})
