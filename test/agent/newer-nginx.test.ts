import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { childrenOf, findProcess } from '../../adapters/process-table.ts'
import { capabilityOf, parseNginxVersion } from '../../core/host/nginx-version.ts'
import { fetchText, startAgentHost, webRelease } from '../support/agent-host.ts'
import { testUpstream } from '../support/release.ts'
import { listen } from '../support/serve-routes.ts'
import { testNewNginx } from '../support/tools.ts'

/** A host with an nginx that resolves upstream servers itself, and a clock that a test can move past the interval between reloads. */
async function startNewerHost(t: TestContext) {
  const nginx = await testNewNginx()
  const clock = { offset: 0 }
  const host = await startAgentHost(t, {
    nginx,
    deps: { elapsed: () => performance.now() + clock.offset },
  })
  const cycle = () => {
    clock.offset += 3_000
    return host.agent.runCycle()
  }
  const entry = () => readFile(host.settings.entries.http, 'utf8')
  return { ...host, version: nginx.version, cycle, entry }
}

test('master and workers of the newer nginx have the titles that the agent knows them by', async (t) => {
  const host = await startNewerHost(t)
  assert.match((await findProcess(host.nginx.pid))?.title ?? '', /^nginx: master process \//)
  const titles = (await childrenOf(host.nginx.pid)).map(({ title }) => title)
  assert.deepEqual(titles, ['nginx: worker process', 'nginx: worker process'])
})

test('on the newer nginx releases go live, by the directives that it has', async (t) => {
  const host = await startNewerHost(t)
  const [a, b] = [await backend(t, 'a'), await backend(t, 'b')]
  const release = webRelease(host.port, 'one', { servers: [a] })
  const through = `server { listen 127.0.0.1:${host.sparePort}; proxy_pass quayside_web; }`
  const streams = {
    files: [...release.files, { path: 'tcp.conf', context: 'stream' as const, content: through }],
    upstreams: [testUpstream('web'), testUpstream('web', { context: 'stream' })],
  }
  await host.channel.publish({ ...release, ...streams })
  assert.equal((await host.cycle()).outcome, 'installed')
  assert.deepEqual([await host.get(), await host.get('/app')], ['one', 'a'])
  assert.equal(await fetchText(`http://127.0.0.1:${host.sparePort}/`), 'a')
  const version = parseNginxVersion(`nginx/${host.version}`) ?? assert.fail(host.version)
  assert.equal(
    (await host.entry()).includes('keepalive_min_timeout 1s;'),
    capabilityOf(version).keepaliveMinTimeout,
  )
  await host.channel.publish({ ...webRelease(host.port, 'one', { servers: [b] }), ...streams })
  assert.equal((await host.cycle()).outcome, 'endpoints')
  assert.equal(await host.get('/app'), 'b')
  await host.channel.publish(webRelease(host.port, 'two', { servers: [b] }))
  assert.equal((await host.cycle()).outcome, 'installed')
  assert.deepEqual([await host.get(), await host.get('/app')], ['two', 'b'])
  assert.equal((await host.cycle()).outcome, 'unchanged')
})

test('the newer nginx keeps what it runs where a release fails its test or its reload', async (t) => {
  const host = await startNewerHost(t)
  await host.channel.publish(webRelease(host.port, 'one'))
  assert.equal((await host.cycle()).outcome, 'installed')
  const entry = await host.entry()
  await host.channel.publish(webRelease(host.port, 'two', { inServer: 'no_such_directive on;' }))
  const rejected = await host.cycle()
  assert.deepEqual([rejected.outcome, rejected.step], ['rejected', 'test'])
  const taken = await backend(t, 'another program')
  await host.channel.publish(webRelease(host.port, 'three', { inServer: `listen 127.0.0.1:${taken};` }))
  const restored = await host.cycle()
  assert.equal(restored.outcome, 'rolled-back')
  assert.match(restored.reason, /still could not bind\(\).*went on with/)
  assert.equal(await host.entry(), entry)
  assert.equal(await host.get(), 'one')
  await host.channel.publish(webRelease(host.port, 'four'))
  assert.equal((await host.cycle()).outcome, 'installed')
  assert.equal(await host.get(), 'four')
})

test('the newer nginx is confirmed again after a restart, an agent that is new, and entry files that were emptied', async (t) => {
  const host = await startNewerHost(t)
  await host.channel.publish(webRelease(host.port, 'one'))
  await host.cycle()
  await host.nginx.stop()
  await host.channel.publish(webRelease(host.port, 'two'))
  assert.match((await host.cycle()).reason, /HOST_NGINX_DOWN/)
  await host.nginx.restart()
  assert.equal((await host.cycle()).outcome, 'installed')
  assert.equal(await host.get(), 'two')
  const entry = await host.entry()
  await writeFile(host.settings.entries.http, '')
  await host.restartAgent().runCycle()
  assert.equal(await host.entry(), entry)
  assert.equal(await host.get(), 'two')
})

async function backend(t: TestContext, text: string): Promise<number> {
  const server = createServer((_, answer) => answer.end(text))
  return Number((await listen(t, server)).split(':')[1])
}
