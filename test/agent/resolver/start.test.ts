import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { webRelease } from '../../support/agent-host.ts'
import { namedServer, startResolvingHost } from '../../support/resolving-host.ts'

test('without an agent nginx starts with the seeds, and a new agent brings today’s addresses without a reload', async (t) => {
  const host = await startResolvingHost(t)
  const [a, b, c] = [await namedServer(t, 'a'), await namedServer(t, 'b'), await namedServer(t, 'c')]
  await host.channel.publish(webRelease(host.port, 'one', { servers: [a, b] }))
  await host.until('installed')
  await host.channel.publish(webRelease(host.port, 'one', { servers: [b, c] }))
  await host.until('endpoints')
  await host.agent.stop()
  await delay(1_200)
  assert.deepEqual(await host.answers(), ['b', 'c'], 'what nginx had learnt stays')
  await host.nginx.restart()
  assert.deepEqual(await host.answers(), ['a', 'b'], 'after a start it has its seeds')
  const workers = await host.workers()
  const next = host.restartAgent()
  host.s3.setFaults(() => ({ status: 503 }))
  assert.equal((await next.runCycle()).outcome, 'failed')
  await host.settled(['b', 'c'])
  host.s3.setFaults(undefined)
  assert.equal((await next.runCycle()).outcome, 'unchanged')
  assert.deepEqual(await host.workers(), workers)
})

test('an agent that ended while nginx was taking up addresses goes on with them', async (t) => {
  const host = await startResolvingHost(t)
  const [a, b] = [await namedServer(t, 'a'), await namedServer(t, 'b')]
  await host.channel.publish(webRelease(host.port, 'one', { servers: [a] }))
  await host.until('installed')
  const workers = await host.workers()
  const { pointer } = await host.channel.publish(webRelease(host.port, 'one', { servers: [b] }))
  assert.equal((await host.agent.runCycle()).outcome, 'waiting')
  await host.agent.stop()
  const next = host.restartAgent()
  await host.until('endpoints', next)
  assert.deepEqual(await host.answers(), ['b'])
  assert.equal(host.report().applied?.endpoints, pointer.endpoints.sha256)
  assert.deepEqual(await host.workers(), workers)
})

test('an agent whose state is lost leaves nginx the addresses that it has until the channel says today’s', async (t) => {
  const host = await startResolvingHost(t)
  const [a, b] = [await namedServer(t, 'a'), await namedServer(t, 'b')]
  await host.channel.publish(webRelease(host.port, 'one', { servers: [a] }))
  await host.until('installed')
  await host.channel.publish(webRelease(host.port, 'one', { servers: [b] }))
  await host.until('endpoints')
  const workers = await host.workers()
  await host.agent.stop()
  await rm(`${host.settings.stateDir}/state.json`)
  const next = host.restartAgent()
  host.s3.setFaults(() => ({ status: 503 }))
  await next.runCycle()
  await delay(2_500)
  assert.deepEqual(await host.answers(), ['b'])
  host.s3.setFaults(undefined)
  await host.until('endpoints', next)
  assert.deepEqual(await host.answers(), ['b'])
  assert.deepEqual(await host.workers(), workers)
})
