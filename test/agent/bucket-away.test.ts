import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blobKey } from '../../core/release/keys.ts'
import type { Fault } from '../../local/aws/http-server.ts'
import { webRelease } from '../support/agent-host.ts'
import { startRunningHost, workerPids } from '../support/clocked-host.ts'
import { startPacedLoad } from '../support/paced-load.ts'
import { isFull } from '../support/scale.ts'

/** What a bucket can do to every read, and what the agent then says. */
const troubles: readonly [string, Fault, RegExp][] = [
  ['answers 500', { status: 500 }, /answered 500 InternalError/],
  ['asks to slow down', { status: 503, code: 'SlowDown' }, /answered 503 SlowDown/],
  ['throttles', { status: 429, code: 'TooManyRequests' }, /answered 429/],
  ['denies', { status: 403, code: 'AccessDenied' }, /answered 403 AccessDenied: check the host's role/],
  ['resets connections', 'reset', /failed: .*(ECONNRESET|socket hang up)/],
  ['cuts answers short', 'truncate', /failed: aborted/],
  ['says nothing', { delayMs: 6_000 }, /no complete answer within 5000 ms/],
]

test('whatever the bucket does, nginx serves on without a reload, and the agent catches up', async (t) => {
  const host = await startRunningHost(t)
  const workers = await workerPids(host)
  const { pointer } = await host.channel.publish(webRelease(host.port, 'two', { servers: [host.sparePort] }))
  const load = startPacedLoad(t, `http://127.0.0.1:${host.port}/`, isFull ? 1_000 : 100)
  for (const [what, fault, reason] of troubles)
    for (const object of what === 'says nothing'
      ? ['everything']
      : ['everything', 'what the pointer names']) {
      const isRead = (key: string) => object === 'everything' || !key.startsWith('channels/')
      host.s3.setFaults(({ method, key }) => (method === 'GET' && isRead(key) ? fault : undefined))
      const record = await host.cycle()
      assert.deepEqual([record.outcome, record.timings.reload], ['failed', undefined], `${what}: ${object}`)
      assert.match(record.reason, reason, `${what}: ${object}`)
    }
  host.s3.setFaults(undefined)
  const key = blobKey(pointer.endpoints.sha256)
  const right = host.s3.objects(host.s3.bucket).get(key) ?? assert.fail(key)
  await host.channel.put(key, 'x'.repeat(pointer.endpoints.size))
  assert.match((await host.cycle()).reason, /has digest/)
  assert.deepEqual(await workerPids(host), workers)
  assert.deepEqual(host.agent.status().state?.bad, [])
  const { requests, answers, longestMs } = await load.end()
  t.diagnostic(`${requests} requests: ${JSON.stringify(answers)}, longest ${longestMs} ms`)
  assert.deepEqual(Object.keys(answers), ['200'])
  await host.channel.put(key, right)
  assert.equal((await host.cycle()).outcome, 'installed')
  assert.equal(await host.get(), 'two')
})
