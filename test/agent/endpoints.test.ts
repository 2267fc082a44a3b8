import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { Health } from '../../core/host/health.ts'
import { startAgentHost, webRelease } from '../support/agent-host.ts'
import { eventually } from '../support/eventually.ts'
import { freePorts } from '../support/ports.ts'
import { parsePrometheus } from '../support/prometheus.ts'

/** A host whose started agent answers on a loopback port. */
async function startAnswering(t: TestContext, pollMs = 50) {
  const clock = { offset: 0 }
  const [statusPort = 0] = await freePorts(1)
  const deps = { elapsed: () => performance.now() + clock.offset }
  const host = await startAgentHost(t, { deps, settings: { statusPort, pollMs } })
  host.agent.start()
  const at = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${statusPort}${path}`, init)
  const health = async () => {
    const response = await at('/healthz')
    return { status: response.status, body: (await response.json()) as Health }
  }
  await eventually('the port answers', () =>
    at('/healthz').then(
      () => true,
      () => false,
    ),
  )
  return { ...host, clock, statusPort, at, health }
}

test('healthz tells what is offered and applied, and turns to 503 with a reason when the channel can’t be heard', async (t) => {
  const host = await startAnswering(t)
  const { pointer } = await host.channel.publish(webRelease(host.port, 'one'))
  const { body } = await eventually('the release is applied', async () => {
    const now = await host.health()
    return now.body.applied !== null && now.body.lastCycle?.outcome === 'unchanged' ? now : undefined
  })
  assert.deepEqual([body.working, body.reason, body.nginxRunning], [true, '', true])
  assert.equal(body.offered?.generation, pointer.generation)
  assert.equal(body.applied?.layout, pointer.layout.sha256)
  assert.ok((body.lastPoll?.secondsAgo ?? 99) < 30)
  host.s3.setFaults(() => ({ status: 503, code: 'SlowDown' }))
  await eventually('a poll fails', async () => (await host.health()).body.lastCycle?.outcome === 'failed')
  assert.equal((await host.health()).status, 200, 'one failed poll wakes nobody')
  host.clock.offset += 61_000
  const late = await host.health()
  assert.equal(late.status, 503)
  assert.match(late.body.reason, /the channel was not heard for \d+.* s: .*SlowDown/)
  assert.equal(await host.get(), 'one')
})

test('metrics are Prometheus text with what the agent has done', async (t) => {
  const host = await startAnswering(t)
  const { pointer } = await host.channel.publish(webRelease(host.port, 'one'))
  await eventually('polls without news', async () => {
    const text = await (await host.at('/metrics')).text()
    return /not_modified_total [1-9]/.test(text)
  })
  const response = await host.at('/metrics')
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  const metrics = parsePrometheus(await response.text())
  const value = (name: string, labels = {}) =>
    metrics
      .get(`quayside_agent_${name}`)
      ?.samples.find((one) => Object.entries(labels).every(([key, label]) => one.labels[key] === label))
      ?.value
  assert.equal(value('applied_generation'), pointer.generation)
  assert.equal(value('cycles_total', { outcome: 'installed' }), 1)
  assert.equal(value('reloads_total', { result: 'confirmed' }), 1)
  assert.equal(metrics.get('quayside_agent_confirm_duration_seconds')?.samples.at(-1)?.value, 1)
  assert.deepEqual([value('working'), value('nginx_running'), value('bad_layouts')], [1, 1, 0])
  assert.ok((value('fetched_bytes_total') ?? 0) > 500)
})

test('the port only tells: a reload can’t be asked for there, and nothing else is there', async (t) => {
  const host = await startAnswering(t)
  for (const [path, method] of [
    ['/reload', 'POST'],
    ['/reload', 'GET'],
    ['/', 'GET'],
    ['/healthz', 'DELETE'],
  ] as const)
    assert.equal((await host.at(path, { method })).status, 404)
  const head = await host.at('/metrics', { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text()], [200, ''])
})

test('a port that is taken is logged once, and the agent goes on', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const { port: statusPort } = other.address() as { port: number }
  const host = await startAgentHost(t, { settings: { statusPort } })
  host.agent.start()
  await host.channel.publish(webRelease(host.port, 'one'))
  await eventually('the release is served', async () => (await host.get()) === 'one')
  const failed = host.events.filter(({ event }) => event === 'host-endpoint-failed')
  assert.deepEqual(
    failed.map(({ place }) => place),
    [`127.0.0.1:${statusPort}`],
  )
  assert.match(String(failed[0]?.reason), /EADDRINUSE/)
})

test('a stopped agent answers no more, and the next one does at the same port', async (t) => {
  const host = await startAnswering(t)
  await host.agent.stop()
  await assert.rejects(host.at('/healthz'))
  host.restartAgent().start()
  await eventually('it answers again', () =>
    host.at('/healthz').then(
      ({ ok }) => ok,
      () => false,
    ),
  )
})
