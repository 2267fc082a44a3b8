import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { blobKey } from '../../../core/release/keys.ts'
import { bothChannels, report, withCanary } from '../../support/canary.ts'
import { startTestConsul } from '../../support/consul.ts'
import { eventually } from '../../support/eventually.ts'
import { runHere } from '../../support/operator.ts'
import {
  currentRelease,
  type PublisherOptions,
  pin,
  privateKey,
  startPublisher,
  testCatalog,
} from '../../support/publisher.ts'
import { startTestS3, type TestS3 } from '../../support/s3.ts'
import { tempDir } from '../../support/tmp.ts'
import { tutorial } from '../../support/tutorial.ts'

/** Both channels with the first layout, and a publisher at work; `web` has a route and one task. */
async function openStage(t: TestContext, options: PublisherOptions = { settings: withCanary() }) {
  const consul = await startTestConsul(t)
  const s3 = await startTestS3(t)
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  await catalog.task('web', 't1', 8001)
  const start = (over: PublisherOptions = {}) =>
    startPublisher(t, consul, s3, { pinLookMs: 100, ...options, ...over })
  const publisher = start()
  const both = () => bothChannels(s3)
  await eventually('the first release on both channels', () => {
    const { canary, current } = both()
    return canary?.pointer.soak !== undefined && current?.pointer.promoted !== undefined
  })
  return { s3, catalog, publisher, start, both, first: both().current!.layout }
}

type Stage = Awaited<ReturnType<typeof openStage>>

/** A layout that changes a route, and one more task of the old one. */
async function change({ catalog, both, first }: Stage): Promise<string> {
  await catalog.task('web', 't1', 8001, { meta: { 'nginx-path': '/moved' } })
  await eventually('the new layout on the canary', () => both().canary?.layout !== first)
  return both().canary!.layout
}

/** Runs a command that signs with the publisher's key. */
async function quayside(t: TestContext, s3: TestS3, words: readonly string[]) {
  const keyFile = join(tempDir(t), 'key.pem')
  writeFileSync(keyFile, privateKey)
  return runHere(s3, [...words, '--bucket', s3.bucket, '--signing-key-file', keyFile], Date.now)
}

test('a first release goes to both channels', async (t) => {
  const { both } = await openStage(t)
  const { canary, current } = both()
  assert.equal(canary?.layout, current?.layout)
  assert.equal(canary?.pointer.state.sha256, current?.pointer.state.sha256)
  assert.deepEqual(
    { layout: current?.pointer.promoted?.layout, from: current?.pointer.promoted?.from },
    { layout: current?.layout, from: 'canary' },
  )
})

test('a new layout is on the canary only, and both follow the tasks', async (t) => {
  const stage = await openStage(t)
  const { catalog, both, first } = stage
  const second = await change(stage)
  await catalog.task('web', 't2', 8002)
  const servers = '10.0.0.1:8001 10.0.0.1:8002'
  await eventually('the second task on both', () => {
    const { canary, current } = both()
    return canary?.servers.web?.join(' ') === servers && current?.servers.web?.join(' ') === servers
  })
  assert.deepEqual([both().canary?.layout, both().current?.layout], [second, first])
  await catalog.task('api', 't3', 9001)
  await eventually('the new service on the canary', () => both().canary?.servers.api?.length === 1)
  assert.equal(both().current?.servers.api, undefined)
  await catalog.gone('web', 't1')
  await eventually('the stopped task to leave both', () => {
    const { canary, current } = both()
    return [canary, current].every((one) => one?.servers.web?.join() === '10.0.0.1:8002')
  })
  assert.equal(both().current?.layout, first)
})

test('what is remembered is left with the canary too where only the other channel changes', async (t) => {
  const { s3, catalog, both } = await openStage(t)
  const frozen = await quayside(t, s3, ['pin', '--channel', 'canary', '--frozen', '--yes'])
  assert.equal(frozen.code, 0, frozen.err)
  await catalog.task('web', 't2', 8002)
  await eventually('the second task', () => both().current?.servers.web?.length === 2)
  assert.equal(both().canary?.servers.web?.length, 1)
  assert.equal(both().canary?.pointer.state.sha256, both().current?.pointer.state.sha256)
})

test('what a person promotes comes into force at once, and goes on following the tasks', async (t) => {
  const stage = await openStage(t)
  const { s3, both, catalog } = stage
  const second = await change(stage)
  const said = await quayside(t, s3, ['promote', '--yes', '--json'])
  assert.equal(said.code, 0, said.err)
  assert.equal(JSON.parse(said.out).outcome, 'promoted')
  assert.equal(both().current?.layout, second)
  await catalog.task('web', 't2', 8002)
  await eventually('the second task', () => both().current?.servers.web?.length === 2)
  assert.equal(both().current?.layout, second)
  await catalog.task('api', 't3', 9001)
  await eventually('a third layout', () => both().canary?.layout !== second)
  assert.equal(both().current?.layout, second)
})

test('after the soak a layout that a host confirmed is promoted, with the servers of now', async (t) => {
  const stage = await openStage(t, { settings: withCanary({ soakMs: 1 }) })
  const { s3, both, publisher } = stage
  const second = await change(stage)
  await report(s3, 'installed')
  await eventually('the promotion', () => both().current?.layout === second)
  const { pointer, servers } = both().current!
  assert.deepEqual(servers, { web: ['10.0.0.1:8001'] })
  assert.equal(pointer.promoted?.layout, second)
  assert.equal(pointer.previousLayout?.sha256, stage.first)
  assert.ok(publisher.log.some(({ event }) => event === 'promoted'))
})

test('a layout that a host refused stays on the canary, whoever publishes and whatever the host says later, until a newer one comes', async (t) => {
  const stage = await openStage(t, { settings: withCanary({ soakMs: 1 }) })
  const { s3, both, publisher, catalog, first } = stage
  await change(stage)
  await report(s3, 'rejected')
  await eventually('the refusal', () => both().canary?.pointer.soak?.failed !== null)
  assert.match(both().canary?.pointer.soak?.failed?.reason ?? '', /rejected at test: nginx says no/)
  assert.ok(publisher.log.some(({ event }) => event === 'canary-failed'))
  await report(s3, 'installed')
  await publisher.stop()
  const next = stage.start()
  await eventually('the next publisher', () => next.log.some(({ event }) => event === 'publish-unchanged'))
  await catalog.task('web', 't2', 8002)
  await eventually('the second task', () => both().current?.servers.web?.length === 2)
  assert.equal(both().current?.layout, first)

  await catalog.task('web', 't1', 8001, { meta: { 'nginx-path': '/better' } })
  await catalog.task('web', 't2', 8002, { meta: { 'nginx-path': '/better' } })
  await eventually('a newer layout', () => both().canary?.pointer.soak?.failed === null)
  await eventually('its promotion', async () => {
    await report(s3, 'installed')
    return both().current?.layout !== first && both().current?.layout === both().canary?.layout
  })
})

test('a layout that only adds routes needs no soak where the settings say so', async (t) => {
  const stage = await openStage(t, { settings: withCanary({ addsOnly: true }) })
  const { catalog, both } = stage
  await catalog.task('api', 't2', 9001)
  await eventually('the new route on both', () => both().current?.servers.api?.length === 1)
  const second = both().current!.layout
  await catalog.task('web', 't1', 8001, { meta: { 'nginx-path': '/moved' } })
  await eventually('the changed route on the canary', () => both().canary?.layout !== second)
  await catalog.task('api', 't3', 9002)
  await eventually('a later change on both', () => both().current?.servers.api?.length === 2)
  assert.equal(both().current?.layout, second)
})

test('a crash between the two pointers leaves both valid, and the next publisher goes on', async (t) => {
  const stage = await openStage(t)
  const { s3, catalog, both, publisher, first } = stage
  s3.setFaults(({ method, key }) =>
    method === 'PUT' && key === 'channels/current.json' ? { status: 500 } : undefined,
  )
  await catalog.task('web', 't2', 8002)
  await eventually('the change on the canary', () => both().canary?.servers.web?.length === 2)
  await eventually('the failure', () => publisher.log.some(({ event }) => event === 'publish-failed'))
  await publisher.stop()
  assert.deepEqual(both().current?.servers, { web: ['10.0.0.1:8001'] })
  assert.equal(both().current?.layout, first)
  s3.setFaults(() => undefined)
  stage.start()
  await eventually('the change', () => both().current?.servers.web?.length === 2)
  await eventually('the same memory', () => {
    const { canary, current } = both()
    return canary?.pointer.state.sha256 === current?.pointer.state.sha256
  })
})

test('while the channel is pinned nothing is promoted; without the pin the promoted layout comes back', async (t) => {
  const stage = await openStage(t, { settings: withCanary({ soakMs: 1 }) })
  const { s3, both, first } = stage
  const second = await change(stage)
  await report(s3, 'installed')
  await eventually('the promotion', () => both().current?.layout === second)
  await pin(s3, { layout: first, reason: 'a test', frozen: false })
  await eventually('the pinned layout', () => both().current?.layout === first)
  await stage.catalog.task('web', 't1', 8001, { meta: { 'nginx-path': '/third' } })
  await eventually('a third layout', () => both().canary?.layout !== second)
  const third = both().canary!.layout
  await report(s3, 'installed')
  await stage.catalog.task('web', 't2', 8002, { meta: { 'nginx-path': '/third' } })
  await eventually('the second task', () => both().current?.servers.web?.length === 2)
  assert.deepEqual([both().current?.layout, both().current?.pointer.promoted?.layout], [first, second])
  await pin(s3, null)
  await eventually('the third layout', () => both().current?.layout === third)
})

test('setting a canary up leaves what is in force; taking it away lets the channel follow the newest layout again', async (t) => {
  const consul = await startTestConsul(t)
  const s3 = await startTestS3(t)
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  await catalog.task('web', 't1', 8001)
  const both = () => bothChannels(s3)
  const alone = startPublisher(t, consul, s3)
  await eventually('the first release', () => currentRelease(s3) !== undefined)
  const first = both().current!.layout
  await alone.stop()

  await catalog.task('web', 't1', 8001, { meta: { 'nginx-path': '/moved' } })
  const withIt = startPublisher(t, consul, s3, { settings: withCanary() })
  await eventually(
    'the promotion of what is in force',
    () => both().current?.pointer.promoted?.layout === first,
  )
  const second = both().canary!.layout
  assert.notEqual(second, first)
  assert.equal(both().current?.layout, first)
  await withIt.stop()

  const without = startPublisher(t, consul, s3)
  await eventually('the newest layout', () => both().current?.layout === second)
  assert.equal(both().current?.pointer.promoted, undefined)
  assert.ok(without.log.some(({ event }) => event === 'canary-off'))
})

test("an operator's new template is tried on the canary, while the promoted one goes on following its service", async (t) => {
  const settings = withCanary()
  const stage = await openStage(t, { settings, operatorTemplates: { 'tutorial.http': tutorial(8080) } })
  const { s3, both, catalog, publisher, start, first } = stage
  await catalog.task('nginx', 'one', 7001, { tags: [] })
  const texts = () => [volatileOf(s3, 'canary'), volatileOf(s3, 'current')] as const
  await eventually('the first instance on both', () => texts().every((text) => text.includes(':7001')))
  await publisher.stop()
  start({ operatorTemplates: { 'tutorial.http': tutorial(9090) }, code: 'two' })
  await eventually('the new template on the canary', () => texts()[0].includes('9090'))
  await catalog.task('nginx', 'two', 7002, { tags: [] })
  await eventually('the second instance on both', () => texts().every((text) => text.includes(':7002')))
  assert.match(texts()[1], /8080/)
  assert.equal(both().current?.layout, first)
})

/** The bytes that operators' templates made on a channel. */
function volatileOf(s3: TestS3, channel: string): string {
  const refs = currentRelease(s3, channel)?.pointer.volatile ?? []
  const blobs = refs.map(({ sha256 }) => s3.objects(s3.bucket).get(blobKey(sha256)) ?? Buffer.alloc(0))
  return blobs.map((blob) => gunzipSync(blob).toString()).join('\n')
}
