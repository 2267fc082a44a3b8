import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startDnsServer } from '../../../agent/dns/server.ts'
import { serviceLabel, upstreamName } from '../../../core/dns/names.ts'
import type { DnsTarget } from '../../../core/dns/zone.ts'
import { fetchText } from '../../support/agent-host.ts'
import { eventually } from '../../support/eventually.ts'
import { startTestNginx } from '../../support/nginx.ts'
import { freePort } from '../../support/ports.ts'
import { tempDir } from '../../support/tmp.ts'
import { testNewNginx } from '../../support/tools.ts'

const log = { info: () => undefined, warn: () => undefined }
const clock = { log, elapsed: () => performance.now() }
// Longer than a label of DNS may be.
const upstream = `quayside_${'long_'.repeat(12)}Web`
const name = upstreamName('http', upstream)

/** The newer nginx with an upstream that it resolves through our server; every address of 127.0.0.0/8 answers with itself. */
async function startResolving(t: TestContext, targets: readonly (readonly [at: number, weight: number])[]) {
  const backend = http.createServer((request, answer) => answer.end(request.socket.localAddress))
  await new Promise<void>((resolve) => backend.listen(0, '0.0.0.0', resolve))
  t.after(() => {
    backend.closeAllConnections()
    backend.close()
  })
  const { port: backendPort } = backend.address() as { port: number }
  const place = (at: number) => `127.0.${1 + (at >> 8)}.${at & 255}`
  const listOf = (all: typeof targets): readonly DnsTarget[] =>
    all.map(([at, weight]) => ({ address: place(at), port: backendPort, weight }))
  const start = async (port: number) => {
    const server = await startDnsServer({ port, ...clock })
    t.after(server.close)
    return server
  }
  const dns = await start(0)
  const serve = (all: typeof targets) => dns.serve(new Map([[name, listOf(all)]]))
  serve(targets)
  const port = await freePort()
  const entryFolder = tempDir(t)
  const server = `server ${name} service=${serviceLabel} resolve`
  const resolver = `resolver 127.0.0.1:${dns.port}; resolver_timeout 2s`
  const upstreams = `upstream web { zone web 2m; ${resolver}; ${server}; server 127.0.0.1:1 backup; }`
  const front = `server { listen 127.0.0.1:${port}; location / { proxy_pass http://web; } }`
  writeFileSync(join(entryFolder, 'quayside.http.conf'), `${upstreams}\n${front}\n`)
  const nginx = await startTestNginx(t, { nginx: await testNewNginx(), entryFolder, workers: 2 })
  const share = async (count: number) => {
    const shares = new Map<string, number>()
    for (let n = 0; n < count; n += 1) {
      const answer = await fetchText(`http://127.0.0.1:${port}/`)
      shares.set(answer, (shares.get(answer) ?? 0) + 1)
    }
    return shares
  }
  const follows = (all: typeof targets) => {
    const wanted = new Set(all.map(([at]) => place(at)))
    return eventually(`answers of ${wanted.size} servers`, async () => {
      const found = await share(2 * wanted.size)
      return found.size === wanted.size && [...found.keys()].every((one) => wanted.has(one))
    })
  }
  const only = (at: number) => follows([[at, 1]])
  return { dns, serve, share, follows, only, nginx, place, start, listOf }
}

test('nginx shares its requests by the weights of the list, and by new weights when they change', async (t) => {
  const { serve, share, follows, place } = await startResolving(t, [
    [1, 1],
    [2, 3],
  ])
  await follows([
    [1, 1],
    [2, 3],
  ])
  assert.deepEqual(
    await share(40),
    new Map([
      [place(2), 30],
      [place(1), 10],
    ]),
  )
  serve([
    [1, 4],
    [2, 1],
  ])
  await eventually('the new weights', async () => (await share(20)).get(place(1)) === 16)
})

test('nginx reads lists that no datagram holds, by names of their own and behind one name', async (t) => {
  const all = (count: number) => Array.from({ length: count }, (_, at) => [at, 1] as const)
  const { serve, follows, dns } = await startResolving(t, all(30))
  await follows(all(30))
  assert.ok(dns.counters.truncated > 0)
  serve(all(1_000))
  await follows(all(1_000))
  const { queries } = dns.counters
  serve([[1_001, 1]])
  await follows([[1_001, 1]])
  assert.ok(dns.counters.queries - queries < 40, 'a thousand servers behind one name take few questions')
})

test('nginx keeps the last servers while the list is missing, nobody answers, or it is reloaded meanwhile', async (t) => {
  const { dns, only, share, nginx, place, start, listOf } = await startResolving(t, [[1, 1]])
  await only(1)
  const kept = async () => assert.deepEqual(await share(20), new Map([[place(1), 20]]))
  const { servfail } = dns.counters
  dns.serve(new Map())
  await eventually('a failure was told', () => dns.counters.servfail > servfail)
  await kept()
  dns.serve(new Map([[name, []]]))
  const empty = dns.counters.servfail
  await eventually('another failure was told', () => dns.counters.servfail > empty)
  await kept()
  await dns.close()
  await eventually('nginx says that nobody answers', async () =>
    /could not be resolved|Connection refused/.test(await readFile(nginx.errorLog, 'utf8')),
  )
  nginx.hup()
  await eventually('nginx was reloaded', async () =>
    /gracefully shutting down/.test(await readFile(nginx.errorLog, 'utf8')),
  )
  await kept()
  const again = await start(dns.port)
  again.serve(new Map([[name, listOf([[2, 1]])]]))
  await only(2)
})
