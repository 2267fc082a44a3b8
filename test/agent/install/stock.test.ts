import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { NginxTool } from '../../../local/tools/tool.ts'
import { fetchText, webRelease } from '../../support/agent-host.ts'
import { eventually } from '../../support/eventually.ts'
import { channelFor, installedAgent } from '../../support/installed-agent.ts'
import { freePorts } from '../../support/ports.ts'
import { isFull } from '../../support/scale.ts'
import { type StockHost, stockHost } from '../../support/stock-host.ts'
import type { StockLayout } from '../../support/stock-layouts.ts'
import { testNewNginx, testTools } from '../../support/tools.ts'

const versions: readonly [string, () => Promise<NginxTool>][] = [
  ['the usual nginx', async () => (await testTools()).nginx],
  ['the newer nginx', testNewNginx],
]
const layouts: readonly StockLayout[] = ['debian', 'nginx.org', 'amazon-linux']

/** Each layout and each version; all pairs of them in the full run. */
const pairs = versions.flatMap((version, i) =>
  layouts.map((layout, j) => ({ version, layout, first: i === j % 2 })),
)

for (const {
  version: [name, program],
  layout,
} of pairs.filter(({ first }) => isFull || first))
  test(`on ${layout} files with ${name}: install, a release that is served, install again, uninstall`, async (t) => {
    const host = await stockHost(t, layout, { nginx: await program() })
    const before = await host.etc()
    const nginx = await host.start()
    const { s3, channel, flags } = await channelFor(t, host)
    const [control = 0, streamControl = 0, health = 0, web = 0, tcp = 0, own = 0, dns = 0] =
      await freePorts(7)
    const loopback = ['--statusPort', `${own}`, '--dnsPort', `${dns}`]
    const ports = ['--controlPort', `${control}`, '--streamControlPort', `${streamControl}`, ...loopback]
    const args = [...flags, ...ports, '--healthPort', `${health}`, '--reload']
    const old = new Set(await nginx.workers())
    const installed = await host.run('install', ...args)
    assert.equal(installed.code, 0, installed.stderr)
    assert.match(installed.stdout, /was asked to reload/)
    await eventually('health is answered', async () => (await status(health)) === 503)
    await eventually(
      'the workers from before are gone',
      async () => !(await nginx.workers()).some((pid) => old.has(pid)),
    )

    const agent = installedAgent(t, host, s3.url)
    const release = webRelease(web, 'from the release')
    const content = `server { listen 127.0.0.1:${tcp}; return "over tcp"; }`
    const files = [...release.files, { path: 'tcp.conf', context: 'stream' as const, content }]
    await channel.publish({ ...release, files })
    const record = await agent.runCycle()
    assert.equal(record.outcome, 'installed', record.reason)
    assert.equal(await fetchText(`http://127.0.0.1:${web}/`), 'from the release')
    assert.equal(await status(health), 200)

    const between = await host.etc()
    const again = await host.run('install', ...args)
    assert.match(again.stdout, /^Nothing to change\.$/m)
    assert.deepEqual(await host.etc(), between)
    await takeBack(t, host, before)
    assert.equal(await fetchText(`http://127.0.0.1:${web}/`), 'from the release')
    nginx.hup()
    await eventually(
      'the release is gone',
      async () => (await fetchText(`http://127.0.0.1:${web}/`)) === 'ECONNREFUSED',
    )
  })

async function takeBack(_t: TestContext, host: StockHost, before: Readonly<Record<string, string>>) {
  const removed = await host.run('uninstall')
  assert.equal(removed.code, 0, removed.stderr)
  assert.match(removed.stdout, /nginx was not reloaded/)
  assert.deepEqual(await host.etc(), before)
  assert.match(await host.read('var/lib/quayside/entry.http.conf'), /quayside_release/)
  assert.match((await host.run('uninstall')).stdout, /^Nothing to take back\.$/m)
}

async function status(port: number): Promise<number | string> {
  return fetch(`http://127.0.0.1:${port}/health`, { headers: { connection: 'close' } }).then(
    (answer) => answer.status,
    (error: Error) => String(error.cause),
  )
}
