import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { openReleases } from '../../../adapters/releases.ts'
import { openSweepBucket } from '../../../adapters/sweep-bucket.ts'
import { sha256 } from '../../../core/canonical.ts'
import { partsNamed } from '../../../core/publish/stored-state.ts'
import { blobKey, hostReportKey, layoutKey } from '../../../core/release/keys.ts'
import { runSweep, type SweepBucket } from '../../../functions/sweep/sweep.ts'
import { openTestBucket, type TestBucket } from '../../support/operator.ts'
import { routedService } from '../../support/routes.ts'
import { startTestS3 } from '../../support/s3.ts'

const day = 24 * 3_600_000
const begin = Date.UTC(2026, 10, 20)

const web = (path: string) => [routedService('web', { 'nginx-host': 'a.test', 'nginx-path': path })]
const log = { info: () => {} }

function sweepOf({ s3, deps }: TestBucket, over: Partial<SweepBucket> = {}) {
  return { bucket: { ...openSweepBucket(s3.client, s3.bucket), ...over }, now: deps.now, log }
}

function keysOf({ s3 }: TestBucket): Set<string> {
  return new Set(s3.objects(s3.bucket).keys())
}

test('what a channel, a host or a publication names stays, and everything else goes', async (t) => {
  const clock = { now: begin }
  const bucket = await openTestBucket(t, { now: () => clock.now })
  const { s3, releases } = bucket
  const first = await bucket.publish(web('/one'), { web: ['10.0.0.1:80'] })
  await releases.putBlob('an orphan')
  const loose = { schema: 1, files: [], upstreams: [], volatile: [], renderer: 'x' }
  const forgotten = JSON.stringify(loose)
  await releases.putLayout(sha256(forgotten), forgotten)
  const reported = JSON.stringify({ ...loose, files: [{ sha256: sha256('of a host') }] })
  await releases.putBlob('of a host')
  await releases.putLayout(sha256(reported), reported)
  clock.now += 8 * day
  const second = await bucket.publish(web('/two'), { web: ['10.0.0.2:80'] })
  const report = { applied: { layout: sha256(reported) } }
  await s3.client.send(
    new PutObjectCommand({
      Bucket: s3.bucket,
      Key: hostReportKey('AROA:i-1'),
      Body: JSON.stringify(report),
    }),
  )
  const partsThen = partsNamed(await releases.readBlob(first.pointer.state.sha256))
  const before = keysOf(bucket)
  const record = await runSweep(sweepOf(bucket))
  const after = keysOf(bucket)
  const gone = [...before].filter((key) => !after.has(key))
  // Of the first release goes what is made anew from the rest, and what its publisher remembered then.
  const { upstreams, state } = first.pointer
  const partsNow = new Set(partsNamed(await releases.readBlob(second.pointer.state.sha256)))
  const parts = partsThen.filter((part) => !partsNow.has(part))
  const expected = [sha256('an orphan'), upstreams.http.sha256, state.sha256, ...parts].map(blobKey)
  assert.deepEqual(gone.sort(), [...expected, layoutKey(sha256(forgotten))].sort())
  assert.deepEqual([record.channels, record.hosts, record.publications], [1, 1, 2])
  // The first release is named by its publication alone, with all that it takes to go back to it.
  assert.ok(after.has(layoutKey(first.pointer.layout.sha256)))
  assert.ok(after.has(blobKey(first.pointer.endpoints.sha256)))
})

test('a dry run tells the same and removes nothing', async (t) => {
  const clock = { now: begin }
  const bucket = await openTestBucket(t, { now: () => clock.now })
  await bucket.publish(web('/one'), { web: ['10.0.0.1:80'] })
  await bucket.releases.putBlob('an orphan')
  clock.now += 8 * day
  const before = keysOf(bucket)
  const dry = await bucket.quayside(['sweep', ...bucket.at, '--dry-run', '--json'])
  assert.deepEqual([dry.code, keysOf(bucket)], [0, before])
  const swept = await bucket.quayside(['sweep', ...bucket.at, '--json'])
  const [said, done] = [dry, swept].map(({ out }) => JSON.parse(out))
  assert.deepEqual([said.outcome, done.outcome], ['dry-run', 'swept'])
  assert.deepEqual(said.counts, done.counts)
  assert.equal(done.counts.blobs.removed, 1)
  const again = await bucket.quayside(['sweep', ...bucket.at])
  assert.match(again.out, /^in use by 1 channels, 0 hosts, 1 publications\n\n/)
  assert.match(again.out, /^blobs +\d+ +0 +0 +0$/m)
})

test('content that is reused while a sweep is at it is there afterwards, whichever step comes between', async (t) => {
  for (const step of ['versions', 'list', 'read', 'remove', 'after'] as const) {
    const clock = { now: begin }
    const bucket = await openTestBucket(t, { now: () => clock.now })
    await bucket.publish(web('/one'), { web: ['10.0.0.1:80'] })
    await bucket.releases.putBlob('reused')
    clock.now += 30 * day
    // A publisher that ran all the time and knew the blob from when it wrote it.
    const reuse = () => bucket.releases.putBlob('reused')
    const real = openSweepBucket(bucket.s3.client, bucket.s3.bucket)
    const before =
      <Given, Result>(call: (given: Given) => Promise<Result>) =>
      async (given: Given) => {
        await reuse()
        return call(given)
      }
    const over = step === 'after' ? {} : { [step]: before(real[step] as (given: never) => Promise<unknown>) }
    await runSweep(sweepOf(bucket, over))
    if (step === 'after') await reuse()
    assert.equal(await bucket.releases.readBlob(sha256('reused')), 'reused', step)
  }
})

test('a sweep between any two requests of a writer takes nothing from it', async (t) => {
  for (const at of [0, 1, 2, 3]) {
    const clock = { now: begin }
    const bucket = await openTestBucket(t, { now: () => clock.now })
    await bucket.publish(web('/one'), { web: ['10.0.0.1:80'] })
    await bucket.releases.putBlob('reused')
    clock.now += 30 * day
    let requests = 0
    // The sweep has listed everything before the writer begins, and removes in the middle.
    let removing = Promise.withResolvers<void>()
    const go = removing
    const real = openSweepBucket(bucket.s3.client, bucket.s3.bucket)
    const waiting = Promise.withResolvers<void>()
    const remove: SweepBucket['remove'] = async (versions) => {
      waiting.resolve()
      await go.promise
      return real.remove(versions)
    }
    const sweeping = runSweep(sweepOf(bucket, { remove }))
    await waiting.promise
    const client = {
      send: async (command: Parameters<typeof bucket.s3.client.send>[0]) => {
        if (requests++ === at) {
          removing.resolve()
          await sweeping
          removing = Promise.withResolvers()
        }
        return bucket.s3.client.send(command)
      },
    }
    const writer = openReleases(client as typeof bucket.s3.client, bucket.s3.bucket, () => clock.now)
    await writer.putBlob('reused')
    removing.resolve()
    go.resolve()
    await sweeping
    assert.equal(await bucket.releases.readBlob(sha256('reused')), 'reused', `request ${at}`)
  }
})

test('a sweep that can’t know what is in use removes nothing', async (t) => {
  const clock = { now: begin }
  const bucket = await openTestBucket(t, { now: () => clock.now })
  const { s3, releases } = bucket
  await releases.putBlob('an orphan')
  clock.now += 8 * day
  await assert.rejects(runSweep(sweepOf(bucket)), { code: 'RELEASE_INVALID', message: /no channel/ })
  const { pointer } = await bucket.publish(web('/one'), { web: ['10.0.0.1:80'] })
  const put = (Key: string, Body: string) =>
    s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key, Body }))
  await put('channels/broken.json', '{')
  await assert.rejects(runSweep(sweepOf(bucket)), { code: 'RELEASE_INVALID' })
  await put('channels/broken.json', (await releases.readPointer('current'))!.content)
  s3.setFaults(({ key }) => (key.startsWith('layouts/') ? { status: 404, code: 'NoSuchKey' } : undefined))
  await assert.rejects(runSweep(sweepOf(bucket)), {
    code: 'RELEASE_CORRUPT',
    message: new RegExp(pointer.layout.sha256),
  })
  s3.setFaults(({ key }) => (key.startsWith('publications/') ? { status: 500 } : undefined))
  await assert.rejects(runSweep(sweepOf(bucket)), { code: 'AWS_FAILED' })
  s3.setFaults(() => undefined)
  assert.ok(keysOf(bucket).has(blobKey(sha256('an orphan'))))
})

test('a bucket without versions is refused, since a reused object couldn’t be told from an old one', async (t) => {
  const clock = { now: begin }
  const bucket = await openTestBucket(t, { now: () => clock.now, buckets: ['releases'] })
  await bucket.publish(web('/one'), { web: ['10.0.0.1:80'] })
  await bucket.releases.putBlob('an orphan')
  clock.now += 8 * day
  await assert.rejects(runSweep(sweepOf(bucket)), { code: 'SETTINGS_INVALID', message: /versioning/ })
})

test('what was stored long ago is stored again when it is reused, what is young is not', async (t) => {
  const clock = { now: begin }
  const s3 = await startTestS3(t, { now: () => new Date(clock.now) })
  const releases = () => openReleases(s3.client, s3.bucket, () => clock.now)
  const first = releases()
  const written = () => s3.requests.filter(({ method }) => method === 'PUT').length
  await first.putBlob('content')
  clock.now += 2.9 * day
  await releases().putBlob('content')
  assert.equal(written(), 2, 'asked for once more, and found')
  clock.now += 0.2 * day
  // The one that wrote it knows it no longer, and the one that comes new sees its age.
  await first.putBlob('content')
  assert.equal(written(), 4)
  await releases().putBlob('content')
  assert.equal(written(), 5)
})
