import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { parseRequest } from '../../../../local/aws/s3/request.ts'
import { verifySignature } from '../../../../local/aws/s3/signature.ts'
import { refusal, s3Client, startTestS3, type TestS3 } from '../../../support/s3.ts'

const Bucket = 'releases'
const accessKeys = {
  AKIDTEST: { secretAccessKey: 'test-secret' },
  ASIAROLE: { secretAccessKey: 'role-secret', sessionToken: 'token/+=' },
}

function signedS3(t: TestContext, options: object = {}): Promise<TestS3> {
  return startTestS3(t, { accessKeys, verifySignatures: true, region: 'eu-central-1', ...options })
}

const list = (client: S3Client) => refusal(client.send(new ListObjectsV2Command({ Bucket })))

test('what the SDK signs is accepted: odd keys, metadata, conditions, queries, session tokens', async (t) => {
  const s3 = await signedS3(t)
  const credentials = {
    accessKeyId: 'ASIAROLE',
    secretAccessKey: 'role-secret',
    sessionToken: 'token/+=',
  }
  for (const client of [s3.client, s3Client(t, s3.url, { credentials })]) {
    for (const Key of ['plain', "a b+c%20'()*!~/ü&=?#:@,;$", 'dir//double', 'dir/./dot/../k', 'trailing/']) {
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key,
          Body: 'x',
          Metadata: { note: 'two  spaces' },
          ContentType: 'a/b',
        }),
      )
      const read = await client.send(new GetObjectCommand({ Bucket, Key, Range: 'bytes=0-0' }))
      assert.equal(await read.Body!.transformToString(), 'x', Key)
    }
    const listed = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'a b+', Delimiter: '=' }))
    assert.equal(listed.KeyCount, 1)
  }
})

test('the example that AWS publishes for a GET with a range verifies, and not with one letter changed', () => {
  const secret = { secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
  const signature = 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41'
  const verify = (url: string): void => {
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    const scope = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request'
    const headers = {
      host: 'examplebucket.s3.amazonaws.com',
      range: 'bytes=0-9',
      'x-amz-content-sha256': empty,
      'x-amz-date': '20130524T000000Z',
      authorization: `AWS4-HMAC-SHA256 Credential=${scope},SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=${signature}`,
    }
    const message = { method: 'GET', url, headers } as unknown as Parameters<typeof parseRequest>[0]
    verifySignature(parseRequest(message), Buffer.alloc(0), secret, { now: new Date('2013-05-24T00:00:00Z') })
  }
  verify('/test.txt')
  assert.throws(() => verify('/test.tXt'), { code: 'SignatureDoesNotMatch' })
})

test('a wrong secret, an unknown key, a wrong token, a wrong region and a skewed clock are told apart', async (t) => {
  const s3 = await signedS3(t)
  const using = (accessKeyId: string, secretAccessKey: string, rest: object = {}) =>
    list(s3Client(t, s3.url, { credentials: { accessKeyId, secretAccessKey, ...rest } }))
  assert.deepEqual(await using('AKIDTEST', 'wrong'), { name: 'SignatureDoesNotMatch', status: 403 })
  assert.deepEqual(await using('AKIDNONE', 'x'), { name: 'InvalidAccessKeyId', status: 403 })
  assert.deepEqual(await using('ASIAROLE', 'role-secret', { sessionToken: 'old' }), {
    name: 'InvalidToken',
    status: 400,
  })
  const elsewhere = await list(s3Client(t, s3.url, { region: 'us-east-1', followRegionRedirects: false }))
  assert.equal(elsewhere.name, 'AuthorizationHeaderMalformed')
  const ahead = await signedS3(t, { now: () => new Date(Date.now() + 16 * 60_000) })
  assert.deepEqual(await list(ahead.client), { name: 'RequestTimeTooSkewed', status: 403 })
})

test('a request without a signature, or with a body other than the signed one, is refused', async (t) => {
  const s3 = await signedS3(t)
  assert.equal((await fetch(`${s3.url}/releases/k`)).status, 403)
  s3.client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body?: unknown }
      if (request.body !== undefined) request.body = 'forged'
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low', name: 'forge' },
  )
  const put = s3.client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'honest' }))
  assert.equal((await refusal(put)).name, 'XAmzContentSHA256Mismatch')
})

test('an unsigned x-amz header is refused even if the signature is right', async (t) => {
  const s3 = await signedS3(t)
  s3.client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { headers: Record<string, string> }
      request.headers['x-amz-meta-late'] = 'added after signing'
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low', name: 'late-header' },
  )
  assert.deepEqual(await list(s3.client), { name: 'AccessDenied', status: 403 })
})

test('a key pair may be refused single requests, as by its policy', async (t) => {
  const host = {
    secretAccessKey: 'test-secret',
    allow: ({ method, key }: { method: string; key: string }) => method === 'GET' || key === 'hosts/i-1.json',
  }
  const { client } = await signedS3(t, { accessKeys: { AKIDTEST: host } })
  const put = (Key: string) => client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))
  await put('hosts/i-1.json')
  assert.deepEqual(await refusal(put('hosts/i-2.json')), { name: 'AccessDenied', status: 403 })
})
