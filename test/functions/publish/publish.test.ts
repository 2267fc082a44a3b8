import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestConsul } from '../../support/consul.ts'
import { eventually } from '../../support/eventually.ts'
import { currentRelease, publicationOf, startPublisher, testCatalog } from '../../support/publisher.ts'
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
  for (const line of publisher.log) t.diagnostic(JSON.stringify(line))
})
