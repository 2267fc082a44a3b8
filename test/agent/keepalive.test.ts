import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { webRelease } from '../support/agent-host.ts'
import { startResolvingHost } from '../support/resolving-host.ts'

const connections = 60

/** Clients that keep their connections and ask again after a short rest, and what went wrong for them. */
function startClients(t: TestContext, port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const seen = { answers: 0, resets: 0 }
  let running = true
  const ask = () =>
    new Promise<void>((resolve) => {
      const sent = get({ port, host: '127.0.0.1', agent }, (answer) => {
        answer.resume().on('end', resolve)
        seen.answers += 1
      })
      sent.on('error', () => {
        seen.resets += 1
        resolve()
      })
    })
  const client = async (at: number) => {
    for (let turn = 0; running; turn += 1) {
      await ask()
      await delay(1 + ((at + turn) % 20))
    }
  }
  const done = Promise.all(Array.from({ length: connections }, (_, at) => client(at)))
  const stop = async () => {
    running = false
    await done
    agent.destroy()
  }
  t.after(stop)
  return { seen, stop }
}

test('kept connections see no reset at the agent’s reloads, and do without what its entry file holds for it', async (t) => {
  const host = await startResolvingHost(t)
  await host.channel.publish(webRelease(host.port, 'one'))
  await host.until('installed')
  const { seen } = startClients(t, host.port)
  for (let reload = 0; reload < 8; reload += 1) {
    await host.channel.publish(webRelease(host.port, `release ${reload}`))
    host.clock.offset += 3_000
    await host.until('installed')
  }
  assert.ok(seen.answers > 500)
  assert.equal(seen.resets, 0)
  const { http } = host.settings.entries
  await writeFile(http, (await readFile(http, 'utf8')).replace(/^keepalive_min_timeout .*$/m, ''))
  for (let reload = 0; reload < 60 && seen.resets === 0; reload += 1) {
    host.nginx.hup()
    await delay(200)
  }
  assert.ok(seen.resets > 0)
})
