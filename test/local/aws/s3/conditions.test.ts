import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3'
import { refusal, startTestS3, type TestS3 } from '../../../support/s3.ts'

const key = 'channels/current.json'

function put(s3: TestS3, body: string, conditions: Partial<PutObjectCommandInput> = {}) {
  return s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: key, Body: body, ...conditions }))
}

const get = (s3: TestS3, conditions: object = {}) =>
  s3.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: key, ...conditions }))

const remove = (s3: TestS3, conditions: object = {}) =>
  s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key: key, ...conditions }))

test('of 50 racers with If-None-Match: * exactly one wins and the others get 412', async (t) => {
  const s3 = await startTestS3(t)
  const outcomes = await race(50, (n) => put(s3, `racer ${n}`, { IfNoneMatch: '*' }))
  assert.equal(outcomes.filter((outcome) => outcome === 'won').length, 1)
  assert.equal(outcomes.filter((outcome) => outcome === 'PreconditionFailed 412').length, 49)
})

test('of 50 racers with If-Match on one ETag exactly one wins and its bytes are stored', async (t) => {
  const s3 = await startTestS3(t)
  const { ETag } = await put(s3, 'start')
  const outcomes = await race(50, (n) => put(s3, `racer ${n}`, { IfMatch: ETag! }))
  assert.equal(outcomes.filter((outcome) => outcome === 'PreconditionFailed 412').length, 49)
  const winner = outcomes.indexOf('won')
  assert.equal(s3.objects(s3.bucket).get(key)?.toString(), `racer ${winner}`)
})

test('If-Match on a missing key is 404 NoSuchKey, also over a delete marker', async (t) => {
  const s3 = await startTestS3(t)
  assert.deepEqual(await refusal(put(s3, 'x', { IfMatch: '"00"' })), { name: 'NoSuchKey', status: 404 })
  const { ETag } = await put(s3, 'x')
  await remove(s3)
  assert.deepEqual(await refusal(put(s3, 'y', { IfMatch: ETag! })), { name: 'NoSuchKey', status: 404 })
})

test('a delete marker counts as absent for If-None-Match, and only the current version counts for If-Match', async (t) => {
  const s3 = await startTestS3(t)
  const first = await put(s3, 'first')
  await put(s3, 'second')
  assert.equal((await refusal(put(s3, 'third', { IfMatch: first.ETag! }))).status, 412)
  await remove(s3)
  await put(s3, 'again', { IfNoneMatch: '*' })
  assert.equal(s3.objects(s3.bucket).get(key)?.toString(), 'again')
})

test('a conditional write that races with a delete gets 409, and a plain write does not', async (t) => {
  const s3 = await startTestS3(t)
  const { ETag } = await put(s3, 'start')
  for (const [conditions, expected] of [
    [{ IfNoneMatch: '*' }, { name: 'ConditionalRequestConflict', status: 409 }],
    [{ IfMatch: ETag! }, { name: 'NoSuchKey', status: 404 }],
  ] as const) {
    const held = holdNextWrite(s3)
    const racing = refusal(put(s3, 'racing', conditions))
    await held.reached
    await remove(s3)
    held.release()
    assert.deepEqual(await racing, expected)
    await put(s3, 'start')
  }
  const held = holdNextWrite(s3)
  const plain = put(s3, 'plain')
  await held.reached
  await remove(s3)
  held.release()
  assert.equal((await plain).$metadata.httpStatusCode, 200)
})

test('the first write to finish wins, not the first to begin', async (t) => {
  const s3 = await startTestS3(t)
  const held = holdNextWrite(s3)
  const slow = refusal(put(s3, 'slow', { IfNoneMatch: '*' }))
  await held.reached
  await put(s3, 'quick', { IfNoneMatch: '*' })
  held.release()
  assert.deepEqual(await slow, { name: 'PreconditionFailed', status: 412 })
})

test('GET and HEAD with If-None-Match answer 304 with the ETag, and with a stale If-Match 412', async (t) => {
  const s3 = await startTestS3(t)
  const { ETag } = await put(s3, 'content')
  const head = (conditions: object) =>
    s3.client.send(new HeadObjectCommand({ Bucket: s3.bucket, Key: key, ...conditions }))
  for (const read of [(conditions: object) => get(s3, conditions), head]) {
    assert.equal((await refusal(read({ IfNoneMatch: ETag }))).status, 304)
    assert.equal((await refusal(read({ IfMatch: '"other"' }))).status, 412)
    assert.equal((await read({ IfNoneMatch: '"other"', IfMatch: ETag })).ETag, ETag)
  }
  const raw = await fetch(`${s3.url}/${s3.bucket}/${key}`, { headers: { 'if-none-match': ETag! } })
  assert.deepEqual([raw.status, raw.headers.get('etag'), await raw.text()], [304, ETag, ''])
})

test('GET answers 304 for If-Modified-Since and 412 for If-Unmodified-Since, by whole seconds', async (t) => {
  const written = new Date('2026-03-04T09:12:41.700Z')
  const s3 = await startTestS3(t, { now: () => written })
  await put(s3, 'content')
  const before = new Date(written.getTime() - 5000)
  assert.equal((await refusal(get(s3, { IfModifiedSince: written }))).status, 304)
  assert.equal((await get(s3, { IfModifiedSince: before })).$metadata.httpStatusCode, 200)
  assert.equal((await refusal(get(s3, { IfUnmodifiedSince: before }))).status, 412)
})

test('a conditional DELETE removes only the ETag it names', async (t) => {
  const s3 = await startTestS3(t)
  assert.equal((await refusal(remove(s3, { IfMatch: '*' }))).status, 404)
  const { ETag } = await put(s3, 'content')
  assert.equal((await refusal(remove(s3, { IfMatch: '"other"' }))).status, 412)
  await remove(s3, { IfMatch: ETag })
  assert.equal((await refusal(remove(s3, { IfMatch: '*' }))).status, 412)
})

async function race(racers: number, run: (n: number) => Promise<unknown>): Promise<string[]> {
  const attempts = Array.from({ length: racers }, async (_, n) => {
    try {
      await run(n)
      return 'won'
    } catch (error) {
      const { name, $metadata } = error as { name: string; $metadata: { httpStatusCode: number } }
      return `${name} ${$metadata.httpStatusCode}`
    }
  })
  return await Promise.all(attempts)
}

/** The next PUT waits before it is judged until `release` is called. */
function holdNextWrite(s3: TestS3): { reached: Promise<void>; release: () => void } {
  const reached = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  s3.setBeforeCommit(() => {
    s3.setBeforeCommit(undefined)
    reached.resolve()
    return released.promise
  })
  return { reached: reached.promise, release: released.resolve }
}

test('the races hold in a bucket without versioning too', async (t: TestContext) => {
  const s3 = await startTestS3(t, { buckets: ['releases'] })
  const outcomes = await race(50, (n) => put(s3, `racer ${n}`, { IfNoneMatch: '*' }))
  assert.equal(outcomes.filter((outcome) => outcome === 'won').length, 1)
})
