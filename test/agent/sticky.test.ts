import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { capabilityOf, parseNginxVersion } from '../../core/host/nginx-version.ts'
import { startAgentHost, webRelease } from '../support/agent-host.ts'
import { testUpstream } from '../support/release.ts'
import { listen } from '../support/serve-routes.ts'
import { testTools } from '../support/tools.ts'

test('clients stick by what the nginx of the host can, and by the cookie that they got', async (t) => {
  const host = await startAgentHost(t)
  const servers = [await portOf(t, 'a'), await portOf(t, 'b')]
  const inServer = 'add_header Set-Cookie $quayside_set_web;'
  const release = webRelease(host.port, 'one', { servers, inServer })
  await host.channel.publish({ ...release, upstreams: [testUpstream('web', { sticky: 'route' })] })
  await host.agent.runCycle()
  const configId = host.agent.status().state?.confirmed?.configId ?? 'none'
  const file = join(host.settings.stateDir, 'releases', configId, 'upstreams.http.conf')
  const { nginx } = await testTools()
  const version = parseNginxVersion(`nginx/${nginx.version}`) ?? assert.fail(nginx.version)
  const wanted = capabilityOf(version).sticky ? /sticky cookie route / : /hash \$quayside_key_web consistent;/
  assert.match(await readFile(file, 'utf8'), wanted)
  const url = `http://127.0.0.1:${host.port}/app`
  const first = await fetch(url)
  const answer = await first.text()
  const headers = { cookie: first.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
  assert.match(headers.cookie, /^route=/)
  for (let again = 0; again < 8; again += 1)
    assert.equal(await (await fetch(url, { headers })).text(), answer)
})

async function portOf(t: TestContext, name: string): Promise<number> {
  const place = await listen(
    t,
    createServer((_, answer) => answer.end(name)),
  )
  return Number(place.split(':')[1])
}
