import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { releaseId } from '../../core/release/channel.ts'
import { hostReportKey } from '../../core/release/keys.ts'
import { openTestBucket, type TestBucket } from '../support/operator.ts'
import { currentRelease } from '../support/publisher.ts'
import { routedService } from '../support/routes.ts'

const begin = Date.UTC(2026, 10, 20, 12)
const minute = 60_000

/** Puts what a host of the channel would report; by default it has what is published. */
async function report({ s3, deps }: TestBucket, host: string, over: object = {}): Promise<void> {
  const { pointer } = currentRelease(s3) ?? assert.fail('nothing is published')
  const applied = { layout: pointer.layout.sha256, releaseId: releaseId(pointer) }
  const { deployment, channel } = pointer
  const at = new Date(deps.now()).toISOString()
  const body = { host, deployment, channel, outcome: 'unchanged', step: null, reason: '', applied, at }
  const rest = { nginx: '1.30.6', mode: 'resolve', agent: '0.1.0' }
  const Body = JSON.stringify({ ...body, ...rest, ...over })
  await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: hostReportKey(host), Body }))
}

test('status shows every host of the channel, those that need somebody first', async (t) => {
  const clock = { now: begin }
  const bucket = await openTestBucket(t, { now: () => clock.now })
  await bucket.publish([routedService('web', { 'nginx-host': 'a.test' })], { web: ['10.0.0.1:80'] })
  await report(bucket, 'i-gone')
  clock.now += 20 * minute
  await report(bucket, 'i-fine')
  await report(bucket, 'i-odd', { applied: null, nginx: '1.22.1', mode: 'static' })
  await report(bucket, 'i-bad', { outcome: 'rejected', step: 'test', reason: 'nginx:\nunknown directive' })
  await report(bucket, 'i-other', { channel: 'canary' })
  clock.now += 5_000
  const { code, out } = await bucket.quayside(['status', ...bucket.at])
  assert.equal(code, 0)
  const lines = out.split('\n').slice(out.split('\n').findIndex((line) => line.startsWith('hosts:')))
  assert.equal(lines[0], 'hosts: 1 current, 1 behind, 1 gone, 1 refusing')
  const rows = lines.slice(3).map((line) => line.split(/\s{2,}/))
  const release = releaseId(currentRelease(bucket.s3)!.pointer).slice(0, 12)
  assert.deepEqual(rows, [
    ['i-bad', 'refusing', release, '1.30.6', 'resolve', '0.1.0', '5 s ago', 'nginx:\\u{a}unknown directive'],
    ['i-gone', 'gone', release, '1.30.6', 'resolve', '0.1.0', '20 min ago'],
    ['i-odd', 'behind', 'none', '1.22.1', 'static', '0.1.0', '5 s ago'],
    ['i-fine', 'current', release, '1.30.6', 'resolve', '0.1.0', '5 s ago'],
  ])
})

test('status says so where no host has reported, and where reports cannot be read', async (t) => {
  const bucket = await openTestBucket(t)
  await bucket.publish([routedService('web', { 'nginx-host': 'a.test' })], { web: ['10.0.0.1:80'] })
  const none = await bucket.quayside(['status', ...bucket.at])
  assert.match(none.out, /^hosts: none has reported within a day$/m)
  bucket.s3.setFaults(({ key }) => (key === '' ? { status: 403, code: 'AccessDenied' } : undefined))
  const denied = await bucket.quayside(['status', ...bucket.at])
  assert.deepEqual([denied.code, /^release: /m.test(denied.out)], [0, true])
  assert.match(denied.out, /^hosts: can't be read \(.*\)$/m)
})
