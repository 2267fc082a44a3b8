import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createAwsSender } from '../../agent/aws.ts'
import { createHttpClient } from '../../agent/http.ts'
import { fetchUserId } from '../../agent/identity.ts'
import { createReleaseBucket } from '../../agent/s3.ts'
import { noTraffic } from '../../agent/traffic.ts'
import { explain, QuaysideError } from '../../core/errors.ts'
import { startTestS3, type TestS3 } from '../support/s3.ts'

const secret = { accessKeyId: 'AKIDHOST', secretAccessKey: 'secret', sessionToken: 'token' }

async function startVerifyingS3(t: TestContext, options = {}): Promise<TestS3> {
  const { accessKeyId, ...rest } = secret
  const accessKeys = { [accessKeyId]: rest }
  return startTestS3(t, { accessKeys, verifySignatures: true, region: 'eu-central-1', ...options })
}

function bucketAt(t: TestContext, endpoint: string, { now = () => Date.now(), timeoutMs = 2_000 } = {}) {
  const http = createHttpClient()
  t.after(() => http.close())
  const send = createAwsSender({ region: 'eu-central-1', http, now, credentials: async () => secret })
  const options = { bucket: 'releases', region: 'eu-central-1', endpoint, send, timeoutMs }
  return createReleaseBucket({ ...options, traffic: noTraffic(), now })
}

async function startServer(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const hasCode = (code: string) => (error: unknown) => error instanceof QuaysideError && error.code === code

test('signatures of reads, conditions and writes are accepted, with characters that must be escaped', async (t) => {
  const s3 = await startVerifyingS3(t)
  const bucket = bucketAt(t, s3.url)
  const key = "hosts/AROA:i-1 (a)!*'.json"
  await bucket.put(key, 'one')
  const first = await bucket.getChanged(key, null, 100)
  assert.equal(first.status === 'changed' && first.body.toString(), 'one')
  assert.ok(first.status === 'changed')
  assert.equal((await bucket.getChanged(key, first.etag, 100)).status, 'unchanged')
  assert.equal((await bucket.getChanged('nothing', null, 100)).status, 'missing')
})

test('a host whose clock is an hour off learns the offset and is served', async (t) => {
  const s3 = await startVerifyingS3(t)
  const bucket = bucketAt(t, s3.url, { now: () => Date.now() + 3_600_000 })
  await bucket.put('key', 'one')
  assert.equal((await bucket.get('key', 100)).toString(), 'one')
  assert.equal(s3.requests.length, 3, 'one refusal only')
})

test('packed content is unpacked, up to the size that was signed', async (t) => {
  const s3 = await startTestS3(t)
  const bucket = bucketAt(t, s3.url)
  const stored = { Bucket: 'releases', Key: 'big', Body: gzipSync('x'.repeat(100_000)) }
  const { PutObjectCommand } = await import('@aws-sdk/client-s3')
  await s3.client.send(new PutObjectCommand(stored))
  assert.equal((await bucket.get('big', 100_000)).length, 100_000)
  await assert.rejects(bucket.get('big', 99_999), hasCode('RELEASE_CORRUPT'))
})

test('an endless answer is cut off before it fills the memory', async (t) => {
  const url = await startServer(t, (_request, response) => {
    const timer = setInterval(() => response.write(Buffer.alloc(65_536)), 1)
    response.on('close', () => clearInterval(timer))
  })
  await assert.rejects(bucketAt(t, url).get('key', 100), (error) => {
    assert.match(explain(error), /larger than/)
    return true
  })
})

test('a server that does not answer is given up', async (t) => {
  const url = await startServer(t, () => undefined)
  await assert.rejects(bucketAt(t, url, { timeoutMs: 100 }).get('key', 100), (error) => {
    assert.ok(hasCode('AWS_UNREACHABLE')(error))
    assert.match(String((error as Error).cause), /no complete answer within 100 ms/)
    return true
  })
})

test('refusals get the code that says whether to try again', async (t) => {
  const s3 = await startTestS3(t)
  const bucket = bucketAt(t, s3.url)
  const codes: [number, string][] = [
    [403, 'AWS_DENIED'],
    [503, 'AWS_THROTTLED'],
    [500, 'AWS_FAILED'],
  ]
  for (const [status, code] of codes) {
    s3.setFaults(() => ({ status, code: 'Some' }))
    await assert.rejects(bucket.get('key', 100), hasCode(code))
  }
})

test('a kept connection that the server has closed is no failure', async (t) => {
  const url = await startServer(t, (request, response) => {
    response.end('answer')
    setImmediate(() => request.socket.destroy())
  })
  const bucket = bucketAt(t, url)
  for (let i = 0; i < 5; i += 1) assert.equal((await bucket.get('key', 100)).toString(), 'answer')
})

test('the host asks STS for its user id', async (t) => {
  const url = await startServer(t, (_request, response) => {
    response.end('<GetCallerIdentityResult><UserId>AROAX:i-0abc</UserId></GetCallerIdentityResult>')
  })
  const http = createHttpClient()
  t.after(() => http.close())
  const send = createAwsSender({
    region: 'eu-central-1',
    http,
    now: () => Date.now(),
    credentials: async () => secret,
  })
  assert.equal(await fetchUserId(send, 'eu-central-1', url), 'AROAX:i-0abc')
})
