import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { defaultPublishSettings } from '../../core/settings/defaults.ts'
import { startTestConsul } from '../support/consul.ts'
import { eventually } from '../support/eventually.ts'
import { runHere } from '../support/operator.ts'
import {
  currentRelease,
  functionSettings,
  privateKey,
  startPublisher,
  testCatalog,
} from '../support/publisher.ts'
import { startTestS3 } from '../support/s3.ts'
import { tempDir } from '../support/tmp.ts'

/** A publisher at work over a real Consul, and an operator beside it. */
async function atWork(t: TestContext) {
  const consul = await startTestConsul(t)
  const s3 = await startTestS3(t)
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  const file = join(tempDir(t), 'key.pem')
  writeFileSync(file, privateKey)
  // Every change goes out at once: what matters here is what goes out.
  const pace = { ...defaultPublishSettings.pace, quietMs: 0 }
  const publisher = startPublisher(t, consul, s3, {
    ...{ settings: functionSettings({ pace }), pinLookMs: 100 },
  })
  const quayside = async (...words: readonly string[]) => {
    const said = await runHere(
      s3,
      [...words, '--bucket', s3.bucket, '--signing-key-file', file, '--json'],
      Date.now,
    )
    assert.equal(said.code, 0, said.err)
    return JSON.parse(said.out)
  }
  const servers = (service: string) => currentRelease(s3)?.servers[service]?.join(' ')
  return { s3, catalog, publisher, quayside, servers }
}

test('a rolled back layout follows the tasks, to none and back, until it is unpinned', async (t) => {
  const { s3, catalog, quayside, servers } = await atWork(t)
  await catalog.task('web', 't1', 8001)
  await eventually('the first layout', () => servers('web') === '10.0.0.1:8001')
  const first = currentRelease(s3)!.pointer.layout.sha256
  await catalog.task('web', 't1', 8001, { meta: { 'nginx-path': '/other' } })
  await eventually('the second layout', () => currentRelease(s3)!.pointer.layout.sha256 !== first)
  const second = currentRelease(s3)!.pointer.layout.sha256

  assert.equal((await quayside('rollback')).outcome, 'moved')
  assert.equal(currentRelease(s3)!.pointer.layout.sha256, first)
  await catalog.task('web', 't2', 8002, { meta: { 'nginx-path': '/other' } })
  await eventually('a task that starts', () => servers('web') === '10.0.0.1:8001 10.0.0.1:8002')
  for (const task of ['t1', 't2']) await catalog.gone('web', task)
  await eventually('no task', () => servers('web') === '')
  await catalog.task('web', 't3', 8003, { meta: { 'nginx-path': '/other' } })
  await eventually('a task again', () => servers('web') === '10.0.0.1:8003')
  assert.equal(currentRelease(s3)!.pointer.layout.sha256, first)

  await quayside('unpin')
  await eventually('the newest layout', () => currentRelease(s3)!.pointer.layout.sha256 === second)
  assert.equal(servers('web'), '10.0.0.1:8003')
})

test('a publisher with nothing to do sees within seconds what an operator asks for', async (t) => {
  const { s3, catalog, publisher, quayside, servers } = await atWork(t)
  await catalog.task('old', 't1', 8001)
  await catalog.task('web', 't2', 8002)
  await eventually('both', () => servers('old') === '10.0.0.1:8001' && servers('web') !== undefined)
  await catalog.gone('old', 't1')
  await eventually('the old one to go', () => servers('old') === '')
  const { forgotten } = await quayside('forget', 'old')
  assert.deepEqual(forgotten, [{ source: 'old@dc1', places: ['80 old.test prefix /'] }])
  // Nothing happens in the catalog: only its own look at the pointer tells the publisher.
  await eventually('a layout without it', async () => {
    const { layout } = currentRelease(s3)!.pointer
    return !s3.objects(s3.bucket).get(`layouts/${layout.sha256}.json`)!.toString().includes('old@dc1')
  })
  assert.ok(publisher.log.some(({ event }) => event === 'publish-conflict'))
})

test('a rollback to servers that only the publisher knows loses none of them on the way', async (t) => {
  const { s3, catalog, quayside, servers } = await atWork(t)
  const on = { 'nginx-host': 'one.test' }
  await catalog.task('old', 't1', 8001, { meta: on })
  await eventually('the old route', () => servers('old') === '10.0.0.1:8001')
  const first = currentRelease(s3)!.pointer
  await catalog.task('old', 't1', 8001, { meta: { ...on, 'nginx-enable': 'false' } })
  await catalog.task('web', 't2', 8002, { meta: on })
  await eventually('the new route', () => servers('web') === '10.0.0.1:8002')
  await catalog.task('web', 't2', 8002, { meta: { ...on, 'nginx-path': '/x' } })
  await eventually('endpoints without the old one', () => servers('old') === undefined)
  const seen: string[] = []
  s3.setBeforeCommit(
    ({ key }) => void (key.startsWith('channels/') && seen.push(servers('old') ?? 'unknown')),
  )
  const said = await quayside('rollback', '--to', String(first.generation))
  assert.deepEqual([said.outcome, said.uncovered], ['waits', ['old@dc1']])
  await eventually('the old layout', () => currentRelease(s3)!.pointer.layout.sha256 === first.layout.sha256)
  assert.equal(servers('old'), '10.0.0.1:8001')
  assert.ok(!seen.includes(''), seen.join())
})

test('frozen bytes stay whatever the tasks do, and what they did comes with unpin', async (t) => {
  const { s3, catalog, publisher, quayside, servers } = await atWork(t)
  await catalog.task('web', 't1', 8001)
  await eventually('the first task', () => servers('web') === '10.0.0.1:8001')
  await quayside('pin', '--frozen', '--yes')
  const reviews = () => publisher.log.filter(({ event }) => event === 'publish-unchanged').length
  await eventually('the publisher to obey', () =>
    publisher.log.some(({ event }) => event === 'publish-conflict'),
  )
  const before = reviews()
  await catalog.task('web', 't2', 8002)
  await eventually('a look at the new task', () => reviews() > before)
  assert.equal(servers('web'), '10.0.0.1:8001')
  await quayside('unpin')
  await eventually('both', () => servers('web') === '10.0.0.1:8001 10.0.0.1:8002')
  assert.equal(currentRelease(s3)!.pointer.pin, null)
})
