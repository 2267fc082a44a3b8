import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { openReleases } from '../../adapters/releases.ts'
import { awsFailure } from '../../adapters/releases-errors.ts'
import { sha256 } from '../../core/canonical.ts'
import { blobKey } from '../../core/release/keys.ts'
import type { S3Options } from '../../local/aws/s3/context.ts'
import { s3Client, startTestS3 } from '../support/s3.ts'

async function open(t: TestContext, options: S3Options = {}) {
  const s3 = await startTestS3(t, options)
  return { s3, releases: openReleases(s3.client, s3.bucket), again: () => openReleases(s3.client, s3.bucket) }
}

test('a blob is stored compressed under its digest, once', async (t) => {
  const { s3, releases, again } = await open(t)
  await releases.putBlob('content')
  await releases.putBlob('content')
  await again().putBlob('content')
  const puts = s3.requests.filter(({ method }) => method === 'PUT')
  assert.equal(puts.length, 2)
  const stored = s3.objects(s3.bucket).get(blobKey(sha256('content')))
  assert.equal(gunzipSync(stored!).toString(), 'content')
  assert.equal(await releases.readBlob(sha256('content')), 'content')
})

test('a blob is written again after S3 saw two writes of it at once', async (t) => {
  const { s3, releases } = await open(t)
  let conflicts = 2
  s3.setFaults(() => {
    conflicts -= 1
    return conflicts >= 0 ? { status: 409, code: 'ConditionalRequestConflict' } : undefined
  })
  await releases.putBlob('content')
  assert.equal(s3.objects(s3.bucket).size, 1)
})

test('a blob with other content than its name says is refused', async (t) => {
  const { s3, releases } = await open(t)
  await releases.putBlob('content')
  const objects = s3.objects(s3.bucket)
  const key = blobKey(sha256('other'))
  await s3.client.send(
    new PutObjectCommand({
      Bucket: s3.bucket,
      Key: key,
      Body: objects.get(blobKey(sha256('content')))!,
    }),
  )
  await assert.rejects(releases.readBlob(sha256('other')), { code: 'RELEASE_CORRUPT' })
  await assert.rejects(releases.readBlob(sha256('missing')), {
    code: 'RELEASE_CORRUPT',
    message: /is missing/,
  })
})

test('a channel that was never published is null', async (t) => {
  const { releases } = await open(t)
  assert.equal(await releases.readPointer('current'), null)
})

test('a pointer is replaced only by whoever read it', async (t) => {
  const { releases } = await open(t)
  const first = await releases.putPointer('current', '1', null)
  await assert.rejects(releases.putPointer('current', '2', null), { code: 'RELEASE_CONFLICT' })
  const second = await releases.putPointer('current', '2', first)
  await assert.rejects(releases.putPointer('current', '3', first), { code: 'RELEASE_CONFLICT' })
  assert.deepEqual(await releases.readPointer('current'), { content: '2', etag: second })
})

test('a bucket that refuses, fails or is not there is told apart, by name', async (t) => {
  const { s3, releases } = await open(t)
  const cases = [
    [{ status: 403, code: 'AccessDenied' }, 'AWS_DENIED'],
    [{ status: 503, code: 'SlowDown' }, 'AWS_THROTTLED'],
    [{ status: 500 }, 'AWS_FAILED'],
    ['reset', 'AWS_UNREACHABLE'],
  ] as const
  for (const [fault, code] of cases) {
    s3.setFaults(() => fault)
    await assert.rejects(releases.readPointer('current'), {
      code,
      message: /s3:\/\/releases\/channels\/current\.json/,
    })
  }
  const nobody = openReleases(s3Client(t, 'http://127.0.0.1:9'), 'releases')
  await assert.rejects(nobody.readPointer('current'), { code: 'AWS_UNREACHABLE' })
})

test('a client without region or credentials is told what to set, not to look at the network', () => {
  const noCredentials = Object.assign(new Error('Could not load credentials from any providers'), {
    name: 'CredentialsProviderError',
  })
  for (const [error, advice] of [
    [new Error('Region is missing'), /Set AWS_REGION/],
    [noCredentials, /Set AWS_PROFILE, or log in/],
  ] as const) {
    const failure = awsFailure(error, 'reading s3://b/channels/current.json')
    assert.equal(failure.code, 'SETTINGS_INVALID')
    assert.match(failure.message, advice)
  }
})

test('a blob that was overwritten by something that does not decompress is named as corrupt', async (t) => {
  const { s3, releases } = await open(t)
  await releases.putBlob('content')
  const Key = blobKey(sha256('content'))
  await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key, Body: 'garbage' }))
  const error = { code: 'RELEASE_CORRUPT', message: new RegExp(`${Key} has other content.*Restore`) }
  await assert.rejects(releases.readBlob(sha256('content')), error)
})
