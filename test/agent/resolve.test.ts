import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startAgentHost, webRelease } from '../support/agent-host.ts'
import { listen } from '../support/serve-routes.ts'
import { testNewNginx } from '../support/tools.ts'

async function startResolvingHost(t: TestContext) {
  const nginx = await testNewNginx()
  const host = await startAgentHost(t, { nginx })
  const until = async (outcome: string) => {
    for (let i = 0; i < 100; i += 1) {
      const record = await host.agent.runCycle()
      if (record.outcome === outcome) return record
      assert.ok(['waiting', 'unchanged'].includes(record.outcome), JSON.stringify(record))
      await delay(50)
    }
    return assert.fail(`no ${outcome}`)
  }
  return { ...host, until }
}

test('smoke', async (t) => {
  const host = await startResolvingHost(t)
  const [a, b] = [await backend(t, 'a'), await backend(t, 'b')]
  await host.channel.publish(webRelease(host.port, 'one', { servers: [a] }))
  console.log(await host.until('installed'))
  console.log(host.agent.status().state)
  console.log(await host.get('/app'))
  await host.channel.publish(webRelease(host.port, 'one', { servers: [a, b] }))
  const t0 = performance.now()
  console.log(await host.until('endpoints'), performance.now() - t0)
  console.log(host.agent.status().state)
  console.log([await host.get('/app'), await host.get('/app')])
  console.log(host.events)
})

async function backend(t: TestContext, text: string): Promise<number> {
  const server = createServer((_, answer) => answer.end(text))
  return Number((await listen(t, server)).split(':')[1])
}
