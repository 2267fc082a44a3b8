import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startAgentHost, webRelease } from '../support/agent-host.ts'
import { eventually } from '../support/eventually.ts'
import { freePorts } from '../support/ports.ts'
import { startScripted } from '../support/scripted-server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const env = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'test-secret' }

test('two hundred polls without news are 304s over one connection', async (t) => {
  const host = await startAgentHost(t)
  const [port = 0] = await freePorts(1)
  const proxy = await startTcpProxy(t, port, Number(new URL(host.s3.url).port))
  const agent = host.restartAgent({ env: { ...env, AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` } })
  await host.channel.publish(webRelease(host.port, 'one'))
  assert.equal((await agent.runCycle()).outcome, 'installed')
  assert.equal((await agent.runCycle()).outcome, 'unchanged')
  const [connections, before] = [proxy.accepted, await agent.view()]
  for (let i = 0; i < 200; i += 1) assert.equal((await agent.runCycle()).outcome, 'unchanged')
  assert.equal(proxy.accepted, connections, 'no further connection')
  const { traffic } = await agent.view()
  assert.equal(traffic.notModified - before.traffic.notModified, 200)
  assert.equal(traffic.requests - before.traffic.requests, 200)
})

/** A started agent whose bucket answers every request like this; counts the polls. */
async function pollingAgent(t: TestContext, status: number, headers: Record<string, string>, pollMs = 20) {
  let polls = 0
  const { url } = await startScripted(t, (response, _count, { method }) => {
    if (method === 'GET') polls += 1
    response.writeHead(status, headers).end('<Error><Code>SlowDown</Code></Error>')
  })
  const host = await startAgentHost(t)
  const agent = host.restartAgent({ env: { ...env, AWS_ENDPOINT_URL_S3: url } }, { pollMs })
  agent.start()
  await eventually('the first poll', () => polls > 0)
  return { agent, polls: () => polls }
}

test('a bucket that asks to be left alone is, until somebody wakes the agent', async (t) => {
  const { agent, polls } = await pollingAgent(t, 503, { 'Retry-After': '60' })
  await delay(400)
  assert.equal(polls(), 1)
  agent.wake()
  await eventually('the next poll', () => polls() === 2)
})

test('every further failure makes the pause longer', async (t) => {
  for (const status of [500, 503]) {
    const { polls } = await pollingAgent(t, status, {})
    await eventually('further polls', () => polls() >= 3)
    const counted = polls()
    await delay(300)
    assert.ok(polls() - counted <= 3, `${status}: ${polls() - counted} polls in the time of 15 intervals`)
  }
})

test('a channel that may not be read yet is asked for at a fifth of the pace', async (t) => {
  const { agent, polls } = await pollingAgent(t, 403, {}, 50)
  await eventually('a few polls', () => polls() >= 3)
  assert.equal(agent.status().last?.outcome, 'waiting')
  const counted = polls()
  await delay(500)
  assert.ok(polls() - counted <= 3, `${polls() - counted} polls in the time of 10 intervals`)
})
