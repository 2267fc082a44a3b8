import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { childrenOf } from '../../adapters/process-table.ts'
import { gateLimits } from '../../core/host/reload-gate.ts'
import { type AgentHost, fetchText, webRelease } from '../support/agent-host.ts'
import { bothNginxes } from '../support/check-nginx.ts'
import { startClockedHost } from '../support/clocked-host.ts'
import { eventually } from '../support/eventually.ts'
import { openWebSocket, startWebSocketBackend } from '../support/long-connection.ts'
import { testUpstream } from '../support/release.ts'

for (const [name, find] of Object.entries(bothNginxes)) {
  test(`a removed address gets no new connection at once, and its WebSocket lives until the timeout, on ${name}`, async (t) => {
    const host = await startClockedHost(t, { nginx: await find() })
    await limitShutdown(host, 2)
    const [a, b] = [await startWebSocketBackend(t, 'a'), await startWebSocketBackend(t, 'b')]
    await host.channel.publish(socketRelease(host.port, 'one', [a]))
    assert.equal((await host.cycle()).outcome, 'installed')
    const socket = await openWebSocket(t, host.port, '/app')
    assert.equal(await socket.ask('hello'), 'a hello')
    await host.channel.publish(socketRelease(host.port, 'one', [b]))
    assert.equal((await host.cycle()).outcome, 'endpoints')
    assert.equal(await host.get('/app'), 'b')
    assert.equal(await socket.ask('still here'), 'a still here')
    assert.equal(await draining(host), 1)
    await eventually('the timeout ends the connection', () => !socket.isOpen)
    await eventually('and the old worker', async () => (await draining(host)) === 0)
    assert.equal(await host.get('/app'), 'b')
  })

  test(`a TCP route is there, follows its servers, outlives a bad release and goes, on ${name}`, async (t) => {
    const host = await startClockedHost(t, { nginx: await find() })
    const [a, b] = [await startWebSocketBackend(t, 'a'), await startWebSocketBackend(t, 'b')]
    const tcp = (text: string, servers: readonly number[], inServer = '') => {
      const release = webRelease(host.port, text, { servers })
      const content = `server { listen 127.0.0.1:${host.sparePort}; proxy_pass quayside_tcp; ${inServer} }`
      const source = [{ source: 'web@dc1', share: 100 }]
      return {
        ...release,
        files: [...release.files, { path: 'tcp.conf', context: 'stream' as const, content }],
        upstreams: [testUpstream('web'), testUpstream('tcp', { context: 'stream', sources: source })],
      }
    }
    const get = () => fetchText(`http://127.0.0.1:${host.sparePort}/`)
    await host.channel.publish(tcp('one', [a]))
    assert.equal((await host.cycle()).outcome, 'installed')
    assert.equal(await get(), 'a')
    await host.channel.publish(tcp('one', [b]))
    assert.equal((await host.cycle()).outcome, 'endpoints')
    assert.equal(await get(), 'b')
    await host.channel.publish(tcp('two', [b], 'no_such_directive on;'))
    assert.match((await host.cycle()).reason, /unknown directive "no_such_directive".*tcp\.conf/)
    await host.channel.publish(tcp('two', [a], 'no_such_directive on;'))
    assert.equal((await host.cycle()).outcome, 'endpoints')
    assert.equal(await get(), 'a', 'new addresses reach the confirmed layout')
    await host.channel.publish(tcp('one', []))
    assert.equal((await host.cycle()).outcome, 'endpoints')
    assert.match(await get(), /ECONNRESET|UND_ERR_SOCKET|other side/)
    await host.channel.publish(webRelease(host.port, 'three'))
    assert.equal((await host.cycle()).outcome, 'installed')
    assert.equal(await get(), 'ECONNREFUSED')
    assert.equal(await host.get(), 'three')
  })
}

test('while WebSockets hold old workers other changes wait, removals don’t, and neither waits for ever', async (t) => {
  const host = await startClockedHost(t)
  const backends = [await startWebSocketBackend(t, 'a'), await startWebSocketBackend(t, 'b')]
  const [a = 0, b = 0] = backends
  const publish = (text: string, servers: readonly number[]) =>
    host.channel.publish(socketRelease(host.port, text, servers))
  await publish('release 0', [a])
  await host.cycle()
  for (let i = 1; i <= gateLimits.draining + 1; i += 1) {
    await openWebSocket(t, host.port, '/app')
    await publish(`release ${i}`, [a])
    assert.equal((await host.cycle()).outcome, 'installed')
  }
  await publish('held', [a])
  const held = await host.cycle()
  assert.deepEqual([held.outcome, held.step], ['waiting', 'reload'])
  assert.match(held.reason, /3 old generations of workers still serve connections/)
  await publish('urgent', [b])
  assert.equal((await host.cycle()).outcome, 'installed', 'a removal doesn’t wait')
  assert.equal(await host.get('/app'), 'b')
  await openWebSocket(t, host.port, '/app')
  await publish('in the end', [b])
  assert.equal((await host.cycle()).outcome, 'waiting')
  host.clock.offset += gateLimits.drainingHoldMs
  assert.equal((await host.cycle()).outcome, 'installed')
})

/** Proxies /app with upgrades. */
function socketRelease(port: number, text: string, servers: readonly number[]) {
  const inServer =
    'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;'
  return webRelease(port, text, { servers, inServer })
}

async function limitShutdown({ nginx }: AgentHost, seconds: number): Promise<void> {
  const main = await readFile(nginx.mainConf, 'utf8')
  await writeFile(nginx.mainConf, `worker_shutdown_timeout ${seconds}s;\n${main}`)
}

async function draining({ nginx }: AgentHost): Promise<number> {
  return (await childrenOf(nginx.pid)).filter(({ title }) => title.endsWith('is shutting down')).length
}
