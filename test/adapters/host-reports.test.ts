import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { openHostReports } from '../../adapters/host-reports.ts'
import { startTestS3 } from '../support/s3.ts'

const report = (host: string) =>
  JSON.stringify({
    host,
    deployment: 'test',
    channel: 'canary',
    outcome: 'installed',
    at: '2026-11-20T12:00:00Z',
  })

test('reports since a time are read, each once; what is no report is left out', async (t) => {
  let now = Date.UTC(2026, 10, 20, 12)
  const s3 = await startTestS3(t, { now: () => new Date(now) })
  const put = (host: string, Body = report(host)) =>
    s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: `hosts/${host}.json`, Body }))
  const read = openHostReports(s3.client, s3.bucket, () => now)
  const reads = () =>
    s3.requests.filter(({ method, key }) => method === 'GET' && key.startsWith('hosts/')).length
  await put('old')
  now += 60_000
  const since = now
  await put('a')
  await put('b', 'no JSON')
  now += 60_000
  const hosts = async () => (await read(since)).map(({ host }) => host)
  assert.deepEqual(await hosts(), ['a'])
  const before = reads()
  assert.deepEqual(await hosts(), ['a'])
  assert.equal(reads(), before)
  await put('a')
  await put('c')
  assert.deepEqual(await hosts(), ['a', 'c'])
  assert.equal(reads(), before + 2)
  // The listing couldn't tell a second report within the same second.
  assert.deepEqual(await hosts(), ['a', 'c'])
  assert.equal(reads(), before + 4)
})

test('a report comes with the time at which the bucket got it, whatever its host says', async (t) => {
  const now = Date.UTC(2026, 10, 21, 12)
  const s3 = await startTestS3(t, { now: () => new Date(now) })
  await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'hosts/a.json', Body: report('a') }))
  const [found] = await openHostReports(s3.client, s3.bucket, () => now)(0)
  assert.equal(found?.writtenAt, now)
})
