import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { refusal, s3Client, startTestS3 } from '../../../support/s3.ts'

const Bucket = 'releases'

test('an object comes back with its bytes, type, encoding, metadata and checksum', async (t) => {
  const { client } = await startTestS3(t)
  const Body = Buffer.from([0, 1, 2, 255])
  const Key = 'blobs/a b+c%ü&<.gz'
  const Metadata = { digest: 'abc' }
  const written = await client.send(
    new PutObjectCommand({ Bucket, Key, Body, Metadata, ContentType: 'text/plain', ContentEncoding: 'gzip' }),
  )
  assert.equal(written.ETag, '"0416dab819887333af831f8c765ac2ae"')
  assert.ok(written.ChecksumCRC32)
  const read = await client.send(new GetObjectCommand({ Bucket, Key }))
  assert.deepEqual(Buffer.from(await read.Body!.transformToByteArray()), Body)
  assert.deepEqual(
    [read.ContentType, read.ContentEncoding, read.Metadata, read.ETag, read.ChecksumCRC32, read.VersionId],
    ['text/plain', 'gzip', Metadata, written.ETag, written.ChecksumCRC32, written.VersionId],
  )
  const head = await client.send(new HeadObjectCommand({ Bucket, Key }))
  assert.deepEqual([head.ContentLength, head.Metadata], [4, Metadata])
})

test('a body that does not fit its checksum is refused with 400 BadDigest', async (t) => {
  const { client } = await startTestS3(t)
  const stated = { ChecksumSHA256: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' }
  const call = client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...stated }))
  assert.deepEqual(await refusal(call), { name: 'BadDigest', status: 400 })
})

test('a stream sent in aws-chunked framing is stored without the framing', async (t) => {
  const { client, objects } = await startTestS3(t)
  const Body = Readable.from([Buffer.alloc(70_000, 'a'), Buffer.from('end')])
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body, ContentLength: 70_003 }))
  assert.equal(objects(Bucket).get('k')?.length, 70_003)
  assert.equal((await client.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).ContentEncoding, undefined)
})

test('a range gives that part, and one beyond the end is 416', async (t) => {
  const { client } = await startTestS3(t)
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '0123456789' }))
  for (const [Range, expected] of [
    ['bytes=2-4', '234'],
    ['bytes=7-', '789'],
    ['bytes=-2', '89'],
    ['bytes=8-99', '89'],
  ] as const) {
    const { Body, $metadata } = await client.send(new GetObjectCommand({ Bucket, Key: 'k', Range }))
    assert.deepEqual([$metadata.httpStatusCode, await Body!.transformToString()], [206, expected])
  }
  const beyond = client.send(new GetObjectCommand({ Bucket, Key: 'k', Range: 'bytes=10-' }))
  assert.equal((await refusal(beyond)).status, 416)
})

test('a missing key is 404 with s3:ListBucket and 403 without, set for all or for one access key', async (t) => {
  const missing = (client: S3Client) => refusal(client.send(new GetObjectCommand({ Bucket, Key: 'none' })))
  const { client } = await startTestS3(t)
  assert.deepEqual(await missing(client), { name: 'NoSuchKey', status: 404 })
  const closed = await startTestS3(t, { allowList: false })
  assert.deepEqual(await missing(closed.client), { name: 'AccessDenied', status: 403 })
  assert.equal((await refusal(closed.client.send(new ListObjectsV2Command({ Bucket })))).status, 403)
  const accessKeys = {
    AKIDTEST: { secretAccessKey: 'test-secret' },
    AKIDHOST: { secretAccessKey: 'host-secret', allowList: false },
  }
  const mixed = await startTestS3(t, { accessKeys })
  const credentials = { accessKeyId: 'AKIDHOST', secretAccessKey: 'host-secret' }
  assert.equal((await missing(mixed.client)).status, 404)
  assert.equal((await missing(s3Client(t, mixed.url, { credentials }))).status, 403)
})

test('versions and delete markers are kept, listed and removable one by one', async (t) => {
  const { client } = await startTestS3(t)
  const put = (Body: string) => client.send(new PutObjectCommand({ Bucket, Key: 'k', Body }))
  const first = await put('first')
  await put('second')
  const marker = await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }))
  assert.equal(marker.DeleteMarker, true)
  assert.equal((await refusal(client.send(new GetObjectCommand({ Bucket, Key: 'k' })))).status, 404)
  const old = await client.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: first.VersionId }))
  assert.equal(await old.Body!.transformToString(), 'first')
  const listed = await client.send(new ListObjectVersionsCommand({ Bucket }))
  assert.deepEqual([listed.Versions?.length, listed.DeleteMarkers?.[0]?.IsLatest], [2, true])
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: marker.VersionId }))
  const back = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }))
  assert.equal(await back.Body!.transformToString(), 'second')
})

test('versioning can be switched on and suspended, and a null version is replaced', async (t) => {
  const { client } = await startTestS3(t, { buckets: [] })
  await client.send(new CreateBucketCommand({ Bucket }))
  const put = (Body: string) => client.send(new PutObjectCommand({ Bucket, Key: 'k', Body }))
  const versioning = (Status: 'Enabled' | 'Suspended') =>
    client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }))
  assert.equal((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status, undefined)
  assert.equal((await put('plain')).VersionId, undefined)
  await versioning('Enabled')
  await put('kept')
  await versioning('Suspended')
  assert.equal((await put('suspended')).VersionId, 'null')
  const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }))
  assert.equal(Versions.filter(({ VersionId }) => VersionId === 'null').length, 1)
  assert.equal(Versions.length, 2)
})

test('a listing is in byte order, filtered by prefix and complete over its pages', async (t) => {
  const { client } = await startTestS3(t)
  const keys = ['a/1', 'a/10', 'a/2', 'b', 'a/ü', 'a/😀', 'a/\uffee']
  await Promise.all(keys.map((Key) => client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))))
  const seen: string[] = []
  let ContinuationToken: string | undefined
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'a/', MaxKeys: 2, ContinuationToken }),
    )
    assert.ok((page.Contents?.length ?? 0) <= 2)
    seen.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''))
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken !== undefined)
  assert.deepEqual(seen, ['a/1', 'a/10', 'a/2', 'a/ü', 'a/\uffee', 'a/😀'])
  const folders = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }))
  assert.deepEqual(
    [folders.CommonPrefixes?.map(({ Prefix }) => Prefix), folders.Contents?.map(({ Key }) => Key)],
    [['a/'], ['b']],
  )
})

test('DeleteObjects removes each key on its own and lists what failed', async (t) => {
  const { client, objects } = await startTestS3(t, { buckets: ['releases'] })
  for (const Key of ['a&b', 'c']) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }))
  const Objects = [{ Key: 'a&b' }, { Key: 'c', ETag: '"other"' }]
  const outcome = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
  assert.deepEqual(outcome.Deleted, [{ Key: 'a&b' }])
  assert.equal(outcome.Errors?.[0]?.Code, 'PreconditionFailed')
  assert.deepEqual([...objects(Bucket).keys()], ['c'])
})

test('sizes beyond the limits are refused', async (t) => {
  const { client } = await startTestS3(t, { maxObjectBytes: 1000 })
  const put = (input: object) => client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...input }))
  assert.equal((await refusal(put({ Body: 'x'.repeat(1001) }))).name, 'EntityTooLarge')
  assert.equal((await refusal(put({ Metadata: { large: 'x'.repeat(2048) } }))).name, 'MetadataTooLarge')
  assert.equal((await refusal(put({ Key: 'k'.repeat(1025) }))).name, 'KeyTooLongError')
  assert.equal((await refusal(put({ Bucket: 'nowhere' }))).name, 'NoSuchBucket')
})

test('a bucket may be named in the host as well as in the path', async (t) => {
  const s3 = await startTestS3(t)
  await s3.client.send(new PutObjectCommand({ Bucket, Key: 'dir/k', Body: 'content' }))
  const { request } = await import('node:http')
  for (const host of ['releases.s3.eu-central-1.amazonaws.com', 'releases.localhost:9000']) {
    const text = await new Promise<string>((resolve, reject) => {
      request(`${s3.url}/dir/k`, { headers: { host } }, async (response) => {
        resolve(Buffer.concat(await response.toArray()).toString())
      })
        .on('error', reject)
        .end()
    })
    assert.equal(text, 'content')
  }
})

test('faults answer with an error, late, with a reset, or with half a body', async (t) => {
  const s3 = await startTestS3(t)
  await s3.client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'content' }))
  const read = () => s3.client.send(new GetObjectCommand({ Bucket, Key: 'k' }))
  s3.setFaults(() => ({ status: 503, code: 'SlowDown' }))
  assert.deepEqual(await refusal(read()), { name: 'SlowDown', status: 503 })
  s3.setFaults(() => ({ delayMs: 5 }))
  assert.equal(await (await read()).Body!.transformToString(), 'content')
  s3.setFaults(() => 'reset')
  assert.equal((await refusal(read())).status, undefined)
  s3.setFaults(({ method }) => (method === 'GET' ? 'truncate' : undefined))
  await assert.rejects(async () => (await read()).Body!.transformToString())
})

test('an error body carries code, message and request id', async (t) => {
  const s3 = await startTestS3(t)
  const response = await fetch(`${s3.url}/releases/none`)
  assert.match(
    await response.text(),
    /<Error><Code>NoSuchKey<\/Code><Message>.+<\/Message><RequestId>[0-9A-F]{16}</,
  )
})
