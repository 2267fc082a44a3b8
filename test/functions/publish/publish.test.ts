import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestConsul } from '../../support/consul.ts'
import { eventually } from '../../support/eventually.ts'
import { currentRelease, pin, publicationOf, startPublisher, testCatalog } from '../../support/publisher.ts'
import { startTestS3 } from '../../support/s3.ts'

test('what the catalog says is published, change by change, with its reasons', async (t) => {
  const consul = await startTestConsul(t)
  const s3 = await startTestS3(t)
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  await catalog.task('web', 't1', 8001)
  const publisher = startPublisher(t, consul, s3)
  const servers = () => currentRelease(s3)?.servers.web?.join(' ')

  await eventually('the first instance', () => servers() === '10.0.0.1:8001')
  await catalog.task('web', 't2', 8002)
  await eventually('a second one joins', () => servers() === '10.0.0.1:8001 10.0.0.1:8002')
  await catalog.task('web', 't1', 8001, { reason: 'draining', phase: 'draining' })
  await eventually('a draining one leaves', () => servers() === '10.0.0.1:8002')
  const { pointer } = currentRelease(s3)!
  const publication = await eventually(
    'the publication',
    () => publicationOf(s3, pointer.generation) ?? false,
  )
  assert.deepEqual(publication.changes, [
    { service: 'web@dc1', joined: [], left: [{ server: '10.0.0.1:8001', why: 'draining' }] },
  ])
  await publisher.stop()
})

test('a restart of Consul that loses everything empties no upstream', async (t) => {
  const consul = await startTestConsul(t)
  const s3 = await startTestS3(t)
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  await catalog.task('web', 't1', 8001)
  await catalog.foreign('old', 'old-1', 9001, { 'nginx-host': 'old.test' })
  const publisher = startPublisher(t, consul, s3)
  await eventually('both services', () => {
    const servers = currentRelease(s3)?.servers
    return servers?.web?.length === 1 && servers.old?.length === 1
  })
  const before = currentRelease(s3)!.pointer
  await consul.restart()
  await eventually('the hold of both', () => {
    const held = publisher.log.filter(({ event }) => event === 'publish-held')
    return new Set(held.map(({ fields }) => fields.service)).size === 2
  })
  assert.deepEqual(currentRelease(s3)!.servers, { old: ['10.9.0.1:9001'], web: ['10.0.0.1:8001'] })
  assert.equal(currentRelease(s3)!.pointer.layout.sha256, before.layout.sha256)

  // A reconcile pass under the new epoch brings one task back and doesn't find the other service.
  await catalog.bootstrap('e2')
  await catalog.task('web', 't2', 8002)
  await catalog.stamp(Date.now() + 60_000, 'e2')
  await eventually(
    'the new task replaces the lost one',
    () => currentRelease(s3)?.servers.web?.join() === '10.0.0.1:8002',
  )
})

test('an entry that vanished behind the ledger’s back stays in; one that the ledger knows to be gone leaves', async (t) => {
  const consul = await startTestConsul(t)
  const s3 = await startTestS3(t)
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  for (const n of [1, 2, 3]) await catalog.task('web', `t${n}`, 8000 + n)
  const publisher = startPublisher(t, consul, s3)
  const servers = () => currentRelease(s3)?.servers.web?.join(' ')
  await eventually('all three', () => servers() === '10.0.0.1:8001 10.0.0.1:8002 10.0.0.1:8003')
  await catalog.lose('web', 't1')
  await eventually('the hold', () =>
    publisher.log.some(
      ({ event, fields }) => event === 'publish-held' && String(fields.why).includes('task is live'),
    ),
  )
  await catalog.gone('web', 't2')
  await eventually('the gone one to leave', () => servers() === '10.0.0.1:8001 10.0.0.1:8003')
})

test('of two publishers at once, none overwrites what it has not read', async (t) => {
  const consul = await startTestConsul(t)
  const s3 = await startTestS3(t)
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  await catalog.task('web', 't1', 8001)
  const one = startPublisher(t, consul, s3, { code: 'one' })
  await eventually('the first release', () => currentRelease(s3)?.servers.web?.length === 1)
  const generations: number[] = []
  s3.setBeforeCommit((request) => {
    if (request.key.startsWith('channels/')) generations.push(currentRelease(s3)!.pointer.generation)
  })
  // The lock is taken from the first one while it works: two publishers are then at it until the first one meets the fence.
  const two = startPublisher(t, consul, s3, { code: 'two' })
  await eventually('the second one leads', () => two.log.some(({ event }) => event === 'became-leader'))
  await catalog.task('web', 't2', 8002)
  await eventually('the change', () => currentRelease(s3)?.servers.web?.length === 2)
  assert.equal((await one.done).outcome, 'led')
  assert.deepEqual(
    generations,
    [...generations].sort((a, b) => a - b),
  )
  const published = [...one.log, ...two.log].filter(({ event }) => event === 'published')
  assert.equal(new Set(published.map(({ fields }) => fields.generation)).size, published.length)
})

test('a publisher whose pointer was replaced reads everything again and obeys the pin it finds', async (t) => {
  const consul = await startTestConsul(t)
  const s3 = await startTestS3(t)
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  await catalog.task('web', 't1', 8001)
  const publisher = startPublisher(t, consul, s3)
  await eventually('the first release', () => currentRelease(s3)?.servers.web?.length === 1)
  const pinned = currentRelease(s3)!.pointer.layout.sha256
  await pin(s3, { layout: pinned, reason: 'a test', frozen: false })
  await catalog.task('api', 't9', 9001)
  await catalog.task('web', 't2', 8002)
  await eventually('the change of endpoints', () => currentRelease(s3)?.servers.web?.length === 2)
  assert.equal(currentRelease(s3)!.pointer.layout.sha256, pinned)
  assert.equal(currentRelease(s3)!.servers.api, undefined)
  assert.ok(publisher.log.some(({ event }) => event === 'publish-conflict'))
})

test('a tick leaves at once while another publisher of the same version leads', async (t) => {
  const consul = await startTestConsul(t)
  const s3 = await startTestS3(t)
  await testCatalog(t, consul).bootstrap()
  const leader = startPublisher(t, consul, s3)
  await eventually('a leader', () => leader.log.some(({ event }) => event === 'became-leader'))
  const tick = startPublisher(t, consul, s3)
  assert.equal((await tick.done).outcome, 'left')
})

test('S3 being away delays a change and loses nothing', async (t) => {
  const consul = await startTestConsul(t)
  const s3 = await startTestS3(t)
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  await catalog.task('web', 't1', 8001)
  const publisher = startPublisher(t, consul, s3)
  await eventually('the first release', () => currentRelease(s3)?.servers.web?.length === 1)
  s3.setFaults(() => ({ status: 500 }))
  await catalog.task('web', 't2', 8002)
  await eventually('the failure', () => publisher.log.some(({ event }) => event === 'publish-failed'))
  s3.setFaults(() => undefined)
  await eventually('the change', () => currentRelease(s3)?.servers.web?.length === 2)
})

test('a stopped publisher gives the lock back, and the next one publishes nothing where nothing changed', async (t) => {
  const consul = await startTestConsul(t)
  const s3 = await startTestS3(t)
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  await catalog.task('web', 't1', 8001)
  const first = startPublisher(t, consul, s3)
  await eventually('the first release', () => currentRelease(s3)?.servers.web?.length === 1)
  assert.deepEqual(await first.stop(), { outcome: 'led', published: 1, conflicts: 0 })
  const second = startPublisher(t, consul, s3)
  await eventually('a new leader', () => second.log.some(({ event }) => event === 'became-leader'))
  await eventually('the watch', () => second.log.some(({ event }) => event === 'publish-unchanged'))
  assert.equal((await second.stop()).published, 0)
})
