import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { NginxTool } from '../../local/tools/tool.ts'
import { webRelease } from '../support/agent-host.ts'
import { startClockedHost } from '../support/clocked-host.ts'
import { startTestNginx } from '../support/nginx.ts'
import { namedServer } from '../support/resolving-host.ts'
import { tempDir } from '../support/tmp.ts'
import { testNewNginx, testTools } from '../support/tools.ts'

test('another version of nginx gets what it can do from the same agent, also where it can’t start with what is there', async (t) => {
  // Modules are of one version only, so these do without.
  const plain = (nginx: NginxTool): NginxTool => ({ ...nginx, stream: false, modules: {} })
  const [older, newer] = [plain((await testTools()).nginx), plain(await testNewNginx())]
  const binary = join(tempDir(t), 'nginx')
  const unpack = async ({ path }: NginxTool) => {
    await writeFile(binary, `#!/bin/sh\nexec ${path} "$@"\n`)
    await chmod(binary, 0o755)
  }
  await unpack(older)
  const host = await startClockedHost(t, { nginx: older, settings: { nginxBinary: binary, mode: 'auto' } })
  const start = (nginx: NginxTool) => startTestNginx(t, { nginx, prefix: host.nginx.prefix })
  const a = await namedServer(t, 'a')
  await host.channel.publish(webRelease(host.port, 'one', { servers: [a] }))
  assert.equal((await host.cycle()).outcome, 'installed')
  const until = async (mode: string) => {
    for (let i = 0; i < 5 && host.agent.status().mode !== mode; i += 1) await host.cycle()
    assert.equal(host.agent.status().mode, mode)
  }

  // The program on disk is the newer one, and the older master runs on: it goes on getting what it understands.
  await unpack(newer)
  await host.channel.publish(webRelease(host.port, 'two', { servers: [a] }))
  assert.equal((await host.cycle()).outcome, 'installed')
  assert.equal(host.agent.status().mode, 'static')

  await host.nginx.stop()
  const upgraded = await start(newer)
  await until('resolve')
  assert.match(await host.entry(), /keepalive_min_timeout/)
  assert.deepEqual([await host.get(), await host.get('/app')], ['two', 'a'])

  await upgraded.stop()
  await unpack(older)
  await assert.rejects(start(older), /unknown directive|invalid parameter/)
  await host.cycle()
  await host.cycle()
  await start(older)
  await until('static')
  assert.deepEqual([await host.get(), await host.get('/app')], ['two', 'a'])
  assert.deepEqual(host.agent.status().state?.bad, [])
})
