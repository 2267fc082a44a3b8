import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { KMSClient } from '@aws-sdk/client-kms'
import { createLog } from '../../../adapters/log.ts'
import { createKmsSigner } from '../../../adapters/signer.ts'
import { createPublicKeyDeps } from '../../../functions/public-key/deps.ts'
import { createHandler } from '../../../functions/public-key/handler.ts'
import { listenHttp, readBody, sendReply } from '../../../local/aws/http-server.ts'
import { startKms } from '../../../local/aws/kms.ts'

const keyId = 'arn:aws:kms:eu-west-1:123456789012:key/0f0f0f0f-0000-4000-8000-0123456789ab'

const credentials = { accessKeyId: 'none', secretAccessKey: 'none' }

type Reply = { readonly status: number; readonly body: unknown }

/** A server that keeps what it was asked, and answers in turn; the last answer stays. */
async function start(t: TestContext, replies: readonly Reply[]) {
  const asked: { method: string | undefined; contentType: string | undefined; body: string }[] = []
  const server = await listenHttp(async (request, response) => {
    const { method, headers } = request
    asked.push({
      method,
      contentType: headers['content-type'],
      body: String(await readBody(request, 65_536)),
    })
    const { status, body } = replies[Math.min(asked.length, replies.length) - 1] ?? assert.fail()
    sendReply(response, { status, body: JSON.stringify(body) })
  })
  t.after(server.close)
  return { asked, url: server.url }
}

function kmsAnswer(key: KeyObject, KeySpec = 'ECC_NIST_EDWARDS25519'): Reply {
  const PublicKey = key.export({ type: 'spki', format: 'der' }).toString('base64')
  return { status: 200, body: { KeyId: keyId, KeySpec, KeyUsage: 'SIGN_VERIFY', PublicKey } }
}

const refused: Reply = { status: 400, body: { __type: 'AccessDeniedException', message: 'not yet' } }
const secretPart = 'X-Amz-Signature=0f0f'

/** The handler as it is deployed, over stand-ins for KMS and for CloudFormation's answer URL. */
async function deployed(
  t: TestContext,
  kmsReplies: readonly Reply[] | string,
  answers: readonly Reply[] = [{ status: 200, body: {} }],
) {
  const kms = typeof kmsReplies === 'string' ? { asked: [], url: kmsReplies } : await start(t, kmsReplies)
  const cloudFormation = await start(t, answers)
  const lines: string[] = []
  const slept: number[] = []
  const client = {
    endpoint: kms.url,
    region: 'eu-west-1',
    credentials,
  }
  const deps = createPublicKeyDeps({ log: createLog((line) => lines.push(line)), kms: client })
  const sleep = async (ms: number) => {
    slept.push(ms)
  }
  const handler = createHandler({ ...deps, sleep })
  const event = (own: Record<string, unknown>) => ({
    RequestType: 'Create',
    ResponseURL: `${cloudFormation.url}/answer?${secretPart}`,
    StackId: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/quayside/1',
    RequestId: 'request-1',
    LogicalResourceId: 'SigningPublicKey',
    ResourceProperties: { ServiceToken: 'arn', KeyId: keyId },
    ...own,
  })
  const answer = () => JSON.parse(cloudFormation.asked.at(-1)?.body ?? 'null')
  return { handler, event, answer, kms, cloudFormation, lines, slept }
}

test('creating it gives the key as PEM, with which a signature of the key verifies', async (t) => {
  const kms = await startKms(keyId)
  t.after(kms.close)
  const { handler, event, answer, cloudFormation } = await deployed(t, kms.url)
  await handler(event({}))
  const { Data, ...rest } = answer()
  assert.deepEqual(rest, {
    Status: 'SUCCESS',
    StackId: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/quayside/1',
    RequestId: 'request-1',
    LogicalResourceId: 'SigningPublicKey',
    PhysicalResourceId: 'SigningPublicKey-public-key',
  })
  assert.equal(Data.Pem, kms.publicKey)
  const client = new KMSClient({ endpoint: kms.url, region: 'eu-west-1', credentials })
  t.after(() => client.destroy())
  const signature = Buffer.from(await (await createKmsSigner(client, keyId)).sign('text'), 'base64')
  assert.ok(verify(null, Buffer.from('text'), Data.Pem, signature))
  assert.deepEqual(
    cloudFormation.asked.map(({ method, contentType }) => [method, contentType]),
    [['PUT', undefined]],
    'the URL is signed for a request without a content type',
  )
})

test('updating it keeps its physical id, whatever the key', async (t) => {
  const { handler, event, answer } = await deployed(t, [kmsAnswer(generateKeyPairSync('ed25519').publicKey)])
  await handler(event({ RequestType: 'Update', PhysicalResourceId: 'what-it-was' }))
  assert.equal(answer().PhysicalResourceId, 'what-it-was')
  assert.equal(answer().Status, 'SUCCESS')
})

test('deleting it asks nobody and does nothing', async (t) => {
  const { handler, event, answer, kms } = await deployed(t, [refused])
  await handler(event({ RequestType: 'Delete', PhysicalResourceId: 'what-it-was', ResourceProperties: {} }))
  assert.deepEqual([answer().Status, answer().PhysicalResourceId], ['SUCCESS', 'what-it-was'])
  assert.equal(kms.asked.length, 0)
})

test('a role that IAM doesn’t know yet is waited for', async (t) => {
  const good = kmsAnswer(generateKeyPairSync('ed25519').publicKey)
  const { handler, event, answer, slept } = await deployed(t, [refused, refused, good])
  await handler(event({}))
  assert.equal(answer().Status, 'SUCCESS')
  assert.deepEqual(slept, [1_000, 2_000])
})

test('a role that stays refused fails the deployment with the reason, in less than the function’s time', async (t) => {
  const { handler, event, answer, slept } = await deployed(t, [refused])
  await handler(event({}))
  assert.equal(answer().Status, 'FAILED')
  assert.match(answer().Reason, /kms:GetPublicKey failed \(AccessDeniedException\): not yet/)
  assert.ok(slept.reduce((sum, ms) => sum + ms, 0) < 60_000)
})

test('a key of another kind fails at once and says what to do', async (t) => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { handler, event, answer, slept } = await deployed(t, [kmsAnswer(publicKey, 'ECC_NIST_P256')])
  await handler(event({}))
  assert.match(answer().Reason, /is of spec ECC_NIST_P256, expected ECC_NIST_EDWARDS25519/)
  assert.deepEqual(slept, [])
})

test('without a key it fails at once', async (t) => {
  const { handler, event, answer } = await deployed(t, [refused])
  await handler(event({ ResourceProperties: {} }))
  assert.match(answer().Reason, /KeyId of the custom resource names no key/)
})

test('an answer that isn’t taken is given again, and in the end the function fails without telling the URL', async (t) => {
  const good = kmsAnswer(generateKeyPairSync('ed25519').publicKey)
  const busy = { status: 503, body: {} }
  const second = await deployed(t, [good], [busy, { status: 200, body: {} }])
  await second.handler(second.event({}))
  assert.equal(second.cloudFormation.asked.length, 2)

  const never = await deployed(t, [good], [busy])
  await assert.rejects(never.handler(never.event({})), (error: Error & { code: string }) => {
    assert.equal(error.code, 'AWS_FAILED')
    assert.match(error.message, /S3 answered 503/)
    assert.ok(!error.message.includes(secretPart))
    return true
  })
  assert.ok(never.lines.every((line) => !line.includes(secretPart)))
})

test('what isn’t CloudFormation’s is refused by name', async (t) => {
  const { handler, event, cloudFormation } = await deployed(t, [refused])
  for (const [own, name] of [
    [{ RequestType: 'Read' }, 'RequestType'],
    [{ ResponseURL: 7 }, 'ResponseURL'],
    [{ StackId: '' }, 'StackId'],
  ] as const)
    await assert.rejects(handler(event(own)), {
      code: 'EVENT_INVALID',
      message: new RegExp(`^${name} is missing`),
    })
  await assert.rejects(handler(null), { code: 'EVENT_INVALID' })
  assert.equal(cloudFormation.asked.length, 0)
})
