import assert from 'node:assert/strict'
import { test } from 'node:test'
import { releaseId } from '../../../core/release/channel.ts'
import { parsePointer } from '../../../core/release/parse-pointer.ts'
import type { ReportedHost } from '../../../core/release/parse-report.ts'
import { ownAlarmsOfTemplate, raisedBy } from '../../support/alarms/alarms-of.ts'
import { measuredPublisher } from '../../support/alarms/measured-publisher.ts'
import type { World } from '../../support/races/world.ts'
import { reportedHost } from '../../support/reported-host.ts'

const minute = 60_000

/** A host that reported a while ago, with what the channel says now unless told otherwise. */
function host(world: World, over: Partial<ReportedHost> = {}, ago = 0): ReportedHost {
  const { pointer } = parsePointer(world.bucket.pointers().at(-1) ?? assert.fail('nothing is published'))
  const at = new Date(world.now() - ago).toISOString()
  return reportedHost({ release: releaseId(pointer), at, ...over })
}

test('no alarm is raised while all is well', async (t) => {
  const { after } = await measuredPublisher(t, { reports: async (world) => [host(world)] })
  assert.deepEqual(await after(1), [])
})

test('the alarms for silence are raised where nobody measures anything', () => {
  const silent = ['PublisherStale', 'HostsUnread', 'ReconcileSilent']
  assert.deepEqual(raisedBy([], Date.now()), silent)
  assert.ok([...ownAlarmsOfTemplate().values()].every(({ Namespace }) => Namespace === 'Quayside'))
})

test('PublishFailing and PublisherStale are raised while the bucket is away, and end with it', async (t) => {
  const { world, after } = await measuredPublisher(t)
  world.bucketAway(true)
  world.truth.task('web', 't2', { port: 8002, reason: 'passing' })
  assert.deepEqual(await after(7), ['PublishFailing'])
  assert.deepEqual(await after(5), ['PublisherStale', 'PublishFailing'])
  world.bucketAway(false)
  assert.deepEqual(await after(3), [])
})

test('PublishersFight is raised where no lock keeps publishers apart', async (t) => {
  const { world, after } = await measuredPublisher(t, { lock: 'broken', publishers: 3 })
  const raised: string[] = []
  for (const port of [8002, 8003, 8004, 8005, 8006, 8007]) {
    world.truth.task('web', `t${port}`, { port, reason: 'passing' })
    raised.push(...(await after(1)))
  }
  assert.deepEqual([...new Set(raised)], ['PublishersFight'])
})

test('WatchesFailing and PublisherStale are raised while Consul cannot be read', async (t) => {
  const { publisher, after } = await measuredPublisher(t)
  publisher.failWatch('service web')
  assert.deepEqual(await after(12), ['PublisherStale', 'WatchesFailing'])
})

test('ServersHeld is raised where servers vanished without proof', async (t) => {
  const { world, after } = await measuredPublisher(t)
  world.truth.remove('web', 't1')
  assert.deepEqual(await after(14), [])
  assert.deepEqual(await after(4), ['ServersHeld'])
})

test('OwnersChanged is raised when a host goes over to another service', async (t) => {
  const { world, after } = await measuredPublisher(t)
  world.truth.meta('api', { 'nginx-host': 'web.test' })
  world.truth.task('api', 't2', { port: 8002, reason: 'passing' })
  assert.deepEqual(await after(2), [])
  world.truth.proof('web', 't1', 'gone')
  world.truth.remove('web', 't1')
  assert.deepEqual(await after(1), ['OwnersChanged'])
  assert.deepEqual(await after(2), [])
})

test('CanaryRefused is raised when a host of the canary refuses the new layout', async (t) => {
  const refusing = async (world: World) => {
    const { pointer } = parsePointer(world.bucket.pointers().at(-1) ?? assert.fail('nothing is published'))
    const offered = pointer.layout.sha256
    return [host(world, { offered, outcome: 'rejected', step: 'test', reason: 'nginx says no' })]
  }
  const { world, after } = await measuredPublisher(t, { canary: true, reports: refusing })
  world.truth.meta('web', { 'nginx-path': '/moved' })
  const raised = [await after(1), await after(1), await after(1)].flat()
  assert.deepEqual([...new Set(raised)].sort(), ['CanaryRefused', 'HostsRefusing'])
})

const troubles = {
  HostsRefusing: [{ outcome: 'rejected', step: 'test', reason: 'nginx says no' }, 0],
  HostsBehind: [{ release: 'another' }, 0],
  HostsGone: [{}, 20 * minute],
} as const

for (const [name, [over, ago]] of Object.entries(troubles))
  test(`${name} is raised by what a host reports, or doesn't`, async (t) => {
    const reports = async (world: World) => [host(world, over, ago), host(world, { host: 'AROA:i-2' })]
    const { after } = await measuredPublisher(t, { reports })
    assert.deepEqual(await after(7), [name])
  })

test('HostsUnread is raised where the reports of hosts cannot be read', async (t) => {
  const { after } = await measuredPublisher(t, { reports: () => Promise.reject(new Error('no rights')) })
  assert.deepEqual(await after(16), ['HostsUnread'])
})
