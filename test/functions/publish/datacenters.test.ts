import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestConsul } from '../../support/consul.ts'
import { eventually } from '../../support/eventually.ts'
import { currentRelease, functionSettings, startPublisher, testCatalog } from '../../support/publisher.ts'
import { startTestS3 } from '../../support/s3.ts'
import { countingClient } from '../../support/watching.ts'

test('services of another datacenter are routed, and stay so while it is away, for a new publisher too', async (t) => {
  const [here, there] = await Promise.all([
    startTestConsul(t, { tls: false, wan: true }),
    startTestConsul(t, { tls: false, wan: true, datacenter: 'dc2', dev: false }),
  ])
  const { client } = countingClient(t, here)
  await client.request({
    method: 'PUT',
    path: `/v1/agent/join/127.0.0.1:${there.wanPort}`,
    query: { wan: '1' },
  })
  const s3 = await startTestS3(t)
  const near = testCatalog(t, here)
  await near.bootstrap()
  await near.task('web', 't1', 8001)
  await testCatalog(t, there).foreign('far', 'far-1', 9001, { 'nginx-host': 'far.test' })
  const settings = functionSettings({ datacenters: ['dc2'] })
  const servers = () => currentRelease(s3)?.servers
  const publisher = startPublisher(t, here, s3, { settings })
  await eventually(
    'both services',
    () => servers()?.web?.length === 1 && servers()?.['far@dc2']?.length === 1,
  )

  await there.kill()
  await near.task('web', 't2', 8002)
  await eventually('the change here', () => servers()?.web?.length === 2)
  assert.deepEqual(servers()?.['far@dc2'], ['10.9.0.1:9001'])
  await publisher.stop()
  await near.task('web', 't3', 8003)
  startPublisher(t, here, s3, { settings })
  await eventually('the change by the new one', () => servers()?.web?.length === 3, 20_000)
  assert.deepEqual(servers()?.['far@dc2'], ['10.9.0.1:9001'])
})
