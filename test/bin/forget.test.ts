import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isConflict, openChannel, resign, viewChannel } from '../../functions/publish/channel.ts'
import { openTestBucket } from '../support/operator.ts'
import { routedService } from '../support/routes.ts'

const old = routedService('old', { 'nginx-host': 'old.test' })
const web = routedService('web', { 'nginx-host': 'a.test' })

test('what is remembered of a vanished service goes, and the publisher goes on without it', async (t) => {
  const bucket = await openTestBucket(t)
  await bucket.publish([old, web], { old: ['10.0.0.1:80'], web: ['10.0.0.2:80'] })
  const vanished = await bucket.publish([web], { web: ['10.0.0.2:80'] })
  const hosts = async () => {
    const { layout } = await viewChannel(bucket.deps)
    const texts = layout?.layout.files.map(({ sha256 }) => bucket.releases.readBlob(sha256)) ?? []
    return [...(await Promise.all(texts)).join('\n').matchAll(/server_name (\S+\.test);/g)].map(
      ([, host]) => host,
    )
  }
  assert.deepEqual(await hosts(), ['a.test', 'old.test'])
  const said = await bucket.quayside(['forget', 'old', ...bucket.at, ...bucket.signing])
  assert.deepEqual([said.code, said.err], [0, ''])
  assert.match(said.out, /^forgotten: old@dc1\n {2}80 old\.test prefix \/\n/)
  const after = await viewChannel(bucket.deps)
  assert.deepEqual(Object.keys(after.state.routing.services), ['web@dc1'])
  assert.deepEqual([...after.state.guard.services], [...vanished.state.guard.services])
  assert.deepEqual(after.layout, vanished.layout)
  // A publisher that remembers it can't write any more, and one that reads anew publishes without it.
  await assert.rejects(resign(bucket.deps, vanished), (error) => isConflict(error))
  await bucket.publish([web], { web: ['10.0.0.2:80'] })
  assert.deepEqual(await hosts(), ['a.test'])
  const again = await bucket.quayside(['forget', 'old', ...bucket.at, ...bucket.signing, '--json'])
  assert.deepEqual(JSON.parse(again.out), { outcome: 'nothing', generation: null, forgotten: [] })
})

test('a service that has servers is not forgotten', async (t) => {
  const bucket = await openTestBucket(t)
  const { pointer } = await bucket.publish([old, web], { old: ['10.0.0.1:80'], web: ['10.0.0.2:80'] })
  const said = await bucket.quayside(['forget', 'old', ...bucket.at, ...bucket.signing])
  assert.equal(said.code, 1)
  assert.match(said.err, /^RELEASE_INVALID: old@dc1 has servers in force/)
  const byHost = await bucket.quayside(['forget', 'old.test', ...bucket.at, ...bucket.signing])
  assert.deepEqual([byHost.code, byHost.out], [0, 'Nothing is remembered of old.test.'])
  assert.equal((await viewChannel(bucket.deps)).pointer?.generation, pointer.generation)
})

test('whoever publishes meanwhile wins, and is looked at again', async (t) => {
  const bucket = await openTestBucket(t)
  await bucket.publish([old], { old: ['10.0.0.1:80'] })
  await bucket.publish([web], { web: ['10.0.0.2:80'] })
  let raced = false
  bucket.s3.setBeforeCommit(async ({ key }) => {
    if (!key.startsWith('channels/') || raced) return
    raced = true
    // It comes back at the very moment at which it is to be forgotten.
    await openChannel(bucket.deps)
    await bucket.publish([old, web], { old: ['10.0.0.3:80'], web: ['10.0.0.2:80'] })
  })
  const said = await bucket.quayside(['forget', 'old', ...bucket.at, ...bucket.signing])
  assert.deepEqual([said.code, /has servers in force/.test(said.err)], [1, true])
  assert.ok((await viewChannel(bucket.deps)).state.routing.services['old@dc1'])
})
