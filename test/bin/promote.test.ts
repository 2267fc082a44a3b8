import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { newSoak } from '../../core/publish/next-pointer.ts'
import { repinned } from '../../core/publish/pinning.ts'
import { repromoted } from '../../core/publish/promotion.ts'
import type { Pointer } from '../../core/release/channel.ts'
import { type Channel, replacePointer, viewChannel } from '../../functions/publish/channel.ts'
import { openTestBucket, type TestBucket } from '../support/operator.ts'
import { routedService } from '../support/routes.ts'

const web = (path: string) => routedService('web', { 'nginx-host': 'a.test', 'nginx-path': path })
const api = routedService('api', { 'nginx-host': 'b.test' })
const servers = { web: ['10.0.0.1:80'] }

/** The channel follows a canary, which has another route of one service and one service more. */
async function openStage(t: TestContext) {
  const bucket = await openTestBucket(t)
  const { pointer: kept } = await bucket.publish([web('/one')], servers)
  await bucket.publish([web('/one')], servers, 'canary')
  await edit(bucket, 'canary', (pointer) => ({ ...pointer, soak: newSoak(0) }))
  await edit(bucket, 'current', (pointer) => {
    const promoted = { layout: pointer.layout.sha256, at: pointer.created, by: 'a test', from: 'canary' }
    return repromoted(pointer, promoted, null, Date.now())
  })
  const { pointer: tried } = await bucket.publish(
    [web('/two'), api],
    { ...servers, api: ['10.0.0.2:80'] },
    'canary',
  )
  const promote = (args: readonly string[] = ['--yes'], answer?: string) =>
    bucket.quayside(['promote', ...bucket.at, ...bucket.signing, ...args], answer)
  return { bucket, kept, tried, promote }
}

async function edit(bucket: TestBucket, channel: string, change: (pointer: Pointer) => Pointer) {
  const { pointer, etag } = await view(bucket, channel)
  if (pointer === null || etag === null) throw new Error(`nothing on ${channel}`)
  const deps = { ...bucket.deps, identity: { ...bucket.deps.identity, channel } }
  const changed = change(pointer)
  const generation = Math.max(changed.generation, pointer.generation + 1)
  await replacePointer(deps, { ...changed, generation }, etag)
}

function view({ deps }: TestBucket, channel = 'current'): Promise<Channel> {
  return viewChannel({ ...deps, identity: { ...deps.identity, channel } })
}

test('the layout of the canary is promoted, with the servers of the services that only it has', async (t) => {
  const { bucket, tried, promote } = await openStage(t)
  const said = await promote(['--json', '--yes'])
  assert.equal(said.code, 0)
  assert.match(
    said.err,
    /web@dc1\n(.*\n)* {2}- route 80 a\.test = \/one\n(.*\n)* {2}\+ route 80 a\.test = \/two/,
  )
  const { pointer, endpoints } = await view(bucket)
  assert.equal(pointer?.layout.sha256, tried.layout.sha256)
  assert.equal(pointer?.promoted?.layout, tried.layout.sha256)
  assert.deepEqual(Object.keys(endpoints?.sources ?? {}), ['api@dc1', 'web@dc1'])
  const listed = await bucket.quayside(['releases', ...bucket.at])
  assert.match(listed.out, /\n> +\d+ .* current/)
  assert.match((await promote()).out, /has layout [0-9a-f]{12} already/)
})

test('a person is shown what changes and how it does on the canary, and may decline', async (t) => {
  const { bucket, kept, promote } = await openStage(t)
  await edit(bucket, 'canary', (pointer) => ({
    ...pointer,
    soak: { since: pointer.created, failed: { host: 'i-1', at: pointer.created, reason: 'nginx says no' } },
  }))
  const said = await promote([], 'no')
  assert.equal(said.code, 1)
  assert.match(said.out, /REFUSED by i-1 at .* \(nginx says no\)/)
  assert.equal((await view(bucket)).pointer?.layout.sha256, kept.layout.sha256)
  assert.equal((await promote([])).code, 2)
  const status = await bucket.quayside(['status', ...bucket.at])
  assert.match(status.out, /promoted: [0-9a-f]{64} from canary by a test at /)
  assert.match(status.out, /channel: canary of deployment test\n(.*\n)*on trial since: .* REFUSED by i-1/)
})

test('a pinned channel is refused, and so is one that follows no canary', async (t) => {
  const { bucket, kept, promote } = await openStage(t)
  const pin = { layout: kept.layout.sha256, reason: 'a fair', frozen: false }
  await edit(bucket, 'current', (pointer) => repinned(pointer, pin, null, Date.now()))
  const pinned = await promote()
  assert.deepEqual([pinned.code, /pinned to .* \(a fair\)/.test(pinned.err)], [1, true])
  const canary = await promote(['--yes', '--channel', 'canary'])
  assert.match(canary.err, /^RELEASE_INVALID: Channel canary follows no canary/)
})

test('another layout than the canary has now may be named', async (t) => {
  const { bucket, tried, promote } = await openStage(t)
  await bucket.publish([web('/three')], servers, 'canary')
  const said = await promote(['--yes', '--layout', tried.layout.sha256.slice(0, 12)])
  assert.deepEqual([said.code, said.err], [0, ''])
  assert.match(said.out, /channel canary has another layout now/)
  assert.equal((await view(bucket)).pointer?.layout.sha256, tried.layout.sha256)
})

test('what is forgotten is forgotten in the memory of the canary, from which the publisher goes on', async (t) => {
  const { bucket } = await openStage(t)
  await bucket.publish([web('/two')], servers, 'canary')
  const said = await bucket.quayside(['forget', 'api', ...bucket.at, ...bucket.signing])
  assert.match(said.out, /^forgotten: api@dc1/)
  assert.deepEqual(Object.keys((await view(bucket, 'canary')).state.routing.services), ['web@dc1'])
})

test('accounts of both channels never meet: a generation is above that of the canary', async (t) => {
  const { bucket } = await openStage(t)
  const far = () => view(bucket, 'canary').then(({ pointer }) => pointer?.generation ?? 0)
  for (const words of [['pin'], ['unpin'], ['promote', '--yes']]) {
    await edit(bucket, 'canary', (pointer) => ({ ...pointer, generation: pointer.generation + 1_000 }))
    const said = await bucket.quayside([...words, ...bucket.at, ...bucket.signing])
    assert.equal(said.code, 0, said.err)
    assert.ok(((await view(bucket)).pointer?.generation ?? 0) > (await far()))
  }
})
