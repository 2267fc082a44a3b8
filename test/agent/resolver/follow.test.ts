import assert from 'node:assert/strict'
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fetchText, webRelease } from '../../support/agent-host.ts'
import { type TestRelease, testUpstream } from '../../support/release.ts'
import { namedServer, startResolvingHost } from '../../support/resolving-host.ts'

type ResolvingHost = Awaited<ReturnType<typeof startResolvingHost>>

const inOrder = (ports: readonly number[]) => [...ports].sort((a, b) => a - b)

/** The seeds that nginx has loaded. */
async function seedsOf({ agent, settings }: ResolvingHost): Promise<readonly number[]> {
  const id = agent.status().state?.confirmed?.configId ?? ''
  const text = await readFile(join(settings.stateDir, 'releases', id, 'upstreams.http.conf'), 'utf8')
  return inOrder(
    [...text.matchAll(/server 127\.0\.0\.1:(\d+) [^;]* backup;/g)].map(([, port]) => Number(port)),
  )
}

test('new addresses reach nginx by DNS: no reload, the same config id, other endpoints; streams too', async (t) => {
  const host = await startResolvingHost(t)
  const [a, b] = [await namedServer(t, 'a'), await namedServer(t, 'b')]
  const through = `server { listen 127.0.0.1:${host.sparePort}; proxy_pass quayside_web; }`
  const release = (servers: number[]): TestRelease => {
    const web = webRelease(host.port, 'one', { servers })
    const stream = { path: 'tcp.conf', context: 'stream' as const, content: through }
    const upstreams = [testUpstream('web'), testUpstream('web', { context: 'stream' })]
    return { ...web, files: [...web.files, stream], upstreams }
  }
  await host.channel.publish(release([a]))
  await host.until('installed')
  const [workers, before] = [await host.workers(), host.report()]
  assert.equal(before.mode, 'resolve')
  assert.deepEqual(await host.answers(), ['a'])
  const { pointer } = await host.channel.publish(release([b]))
  assert.equal((await host.until('endpoints')).reason, '')
  assert.deepEqual(await host.answers(), ['b'])
  assert.equal(await fetchText(`http://127.0.0.1:${host.sparePort}/`), 'b')
  host.clock.offset += 30_000
  await host.agent.runCycle()
  const after = host.report()
  assert.deepEqual(await host.workers(), workers)
  assert.equal(after.applied?.configId, before.applied?.configId)
  assert.equal(after.applied?.endpoints, pointer.endpoints.sha256)
  assert.notEqual(after.applied?.releaseId, before.applied?.releaseId)
  assert.equal(after.outcome, 'unchanged')
})

test('after a replacement of all instances the seeds are loaded anew once, a minute after the last ones', async (t) => {
  const host = await startResolvingHost(t)
  const ports = await Promise.all(['a', 'b', 'c', 'd'].map((name) => namedServer(t, name)))
  await host.channel.publish(webRelease(host.port, 'one', { servers: ports.slice(0, 2) }))
  await host.until('installed')
  const workers = await host.workers()
  for (const from of [1, 2]) {
    await host.channel.publish(webRelease(host.port, 'one', { servers: ports.slice(from, from + 2) }))
    await host.until('endpoints')
  }
  assert.deepEqual(await host.answers(), ['c', 'd'])
  assert.deepEqual(await seedsOf(host), inOrder(ports.slice(0, 2)))
  host.clock.offset += 50_000
  assert.equal((await host.agent.runCycle()).outcome, 'unchanged')
  assert.deepEqual(await host.workers(), workers)
  const before = host.report().applied?.configId
  host.clock.offset += 30_000
  const reloaded = await host.until('endpoints')
  assert.match(reloaded.reason, /^backup addresses are gone: 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+$/)
  assert.notDeepEqual(await host.workers(), workers)
  assert.deepEqual(await seedsOf(host), inOrder(ports.slice(2)))
  assert.equal(host.report().applied?.configId, before)
  host.clock.offset += 120_000
  assert.equal((await host.agent.runCycle()).outcome, 'unchanged')
})

test('to zero and back, and an old address that serves another service now, lead no request astray', async (t) => {
  const host = await startResolvingHost(t)
  const [old, fresh] = [await namedServer(t, 'whoever has it'), await namedServer(t, 'web')]
  const release = (web: number[], api: number[]): TestRelease => {
    const base = webRelease(host.port, 'one', { servers: web })
    const path = `location /api { if ($quayside_empty_api) { return 503; } proxy_pass http://quayside_api; }`
    const files = base.files.map((file) => ({
      ...file,
      content: file.content.replace(/\}\n$/, `${path}}\n`),
    }))
    const instances = api.map((port) => ({ address: '127.0.0.1', port, weight: 1 }))
    const sources = { ...base.sources, 'api@dc1': instances }
    return { files, upstreams: [testUpstream('web'), testUpstream('api')], sources }
  }
  const step = async (web: number[], api: number[]) => {
    await host.channel.publish(release(web, api))
    host.clock.offset += 3_000
    return host.until('endpoints')
  }
  await host.channel.publish(release([old], []))
  await host.until('installed')
  await step([], [])
  assert.deepEqual([await host.answers('/app'), await host.answers('/api')], [['503'], ['503']])
  const seen = new Set<string>()
  const asking = new AbortController()
  const asked = ask(() => host.get('/app'), seen, asking.signal)
  await step([], [old])
  assert.deepEqual([await host.answers('/app'), await host.answers('/api')], [['503'], ['whoever has it']])
  await step([fresh], [old])
  assert.deepEqual([await host.answers('/app'), await host.answers('/api')], [['web'], ['whoever has it']])
  assert.deepEqual(await seedsOf(host), inOrder([old, fresh]))
  // The address of web moves on while web lives elsewhere: its seed would lead to api.
  const second = await namedServer(t, 'web')
  const urgent = await step([second], [old, fresh])
  assert.match(urgent.reason, /^backup addresses serve another service now: 127\.0\.0\.1:\d+$/)
  assert.deepEqual(await host.answers('/app'), ['web'])
  assert.deepEqual(await seedsOf(host), inOrder([old, fresh, second]))
  asking.abort()
  await asked
  assert.deepEqual([...seen].sort(), ['503', 'web'])
})

/** Notes every answer, one request after the other. */
async function ask(get: () => Promise<string>, seen: Set<string>, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    seen.add(await get())
    await delay(2)
  }
}

test('where nginx has no memory for new addresses it is loaded with a larger zone', async (t) => {
  const host = await startResolvingHost(t)
  const a = await namedServer(t, 'a')
  await host.channel.publish(webRelease(host.port, 'one', { servers: [a] }))
  await host.until('installed')
  const line = 'ngx_slab_alloc() failed: no memory in upstream zone "quayside_web"'
  await appendFile(host.nginx.errorLog, `2026/11/21 10:41:08 [crit] ${host.nginx.pid}#1: ${line}\n`)
  host.clock.offset += 3_000
  const before = host.report().applied?.configId
  const record = await host.until('endpoints')
  assert.match(record.reason, /no memory for the addresses of quayside_web: the zone is larger now/)
  assert.deepEqual(host.agent.status().state?.confirmed?.resolved?.zones, { quayside_web: 256 })
  assert.ok(host.events.some(({ event }) => event === 'host-zone-overflow'))
  host.clock.offset += 30_000
  assert.equal((await host.agent.runCycle()).outcome, 'unchanged')
  assert.notEqual(host.report().applied?.configId, before)
})

test('nginx that does not ask is waited for and reported, and nothing is held against the addresses', async (t) => {
  const host = await startResolvingHost(t)
  const [a, b] = [await namedServer(t, 'a'), await namedServer(t, 'b')]
  await host.channel.publish(webRelease(host.port, 'one', { servers: [a] }))
  await host.until('installed')
  process.kill(host.nginx.pid, 'SIGSTOP')
  const workers = await host.workers()
  for (const pid of workers) process.kill(pid, 'SIGSTOP')
  await host.channel.publish(webRelease(host.port, 'one', { servers: [b] }))
  assert.equal((await host.agent.runCycle()).outcome, 'waiting')
  host.clock.offset += 30_000
  const late = await host.agent.runCycle()
  assert.equal(late.outcome, 'waiting')
  assert.match(late.reason, /nginx has not asked for the addresses of quayside_web\.http\.quayside in 10 s/)
  assert.deepEqual([host.report().outcome, host.report().reason], ['waiting', late.reason])
  assert.deepEqual(host.agent.status().state?.bad, [])
  for (const pid of [host.nginx.pid, ...workers]) process.kill(pid, 'SIGCONT')
  await host.until('endpoints')
  assert.deepEqual(await host.answers(), ['b'])
})
