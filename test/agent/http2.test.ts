import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:http2'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import type { NginxTool } from '../../local/tools/tool.ts'
import { type AgentHost, startAgentHost, webRelease } from '../support/agent-host.ts'
import { startSite } from '../support/certificates.ts'
import { testNewNginx, testTools } from '../support/tools.ts'

/** A host that serves HTTP/2 as layouts write it, by the parameter of `listen`. */
async function servingHttp2(t: TestContext, nginx: NginxTool) {
  const host = await startAgentHost(t, { nginx })
  const { site } = await startSite(t)
  const place = `127.0.0.1:${host.sparePort}`
  const inServer = `listen ${place} ssl http2; ssl_certificate ${site.cert}; ssl_certificate_key ${site.key};`
  await host.channel.publish(webRelease(host.port, 'one', { inServer }))
  const record = await host.agent.runCycle()
  assert.equal(record.outcome, 'installed', record.reason)
  return host
}

/** Whatever `nginx -t` says beside that the test passed. */
async function warnings({ settings }: AgentHost): Promise<readonly string[]> {
  const { binary, prefix, mainConf } = settings.nginx
  const { stderr } = await promisify(execFile)(binary, ['-t', '-p', prefix ?? '', '-c', mainConf])
  return stderr.split('\n').filter((line) => line.includes('[warn]') || line.includes('[emerg]'))
}

async function overHttp2(port: number): Promise<string> {
  const client = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
  const stream = client.request({ ':path': '/' })
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
  client.destroy()
  return `${client.alpnProtocol ?? 'h2'} ${headers[':status']}`
}

async function servedFile({ settings, agent }: AgentHost): Promise<string> {
  const id = agent.status().state?.confirmed?.configId ?? 'none'
  return readFile(join(settings.stateDir, 'releases', id, 'files/web/routes.conf'), 'utf8')
}

test('the usual nginx gets the layout as it was signed, and has no objection', async (t) => {
  const host = await servingHttp2(t, (await testTools()).nginx)
  assert.match(await servedFile(host), / ssl http2;/)
  assert.deepEqual(await warnings(host), [])
  assert.equal(await overHttp2(host.sparePort), 'h2 200')
})

test('the newer nginx gets the directive in place of the parameter, and warns of nothing', async (t) => {
  const host = await servingHttp2(t, await testNewNginx())
  assert.match(await servedFile(host), / ssl; http2 on;/)
  assert.deepEqual(await warnings(host), [])
  assert.equal(await overHttp2(host.sparePort), 'h2 200')
})

test('the newer nginx would warn of the layout as it was signed', async (t) => {
  const host = await servingHttp2(t, await testNewNginx())
  const text = (await servedFile(host)).replace(' ssl; http2 on;', ' ssl http2;')
  const id = host.agent.status().state?.confirmed?.configId ?? 'none'
  const file = join(host.settings.stateDir, 'releases', id, 'files/web/routes.conf')
  await writeFile(file, text)
  assert.match((await warnings(host)).join(), /"listen \.\.\. http2" directive is deprecated/)
})
