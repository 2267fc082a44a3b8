import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ensureNewNginx, ensureTools } from '../../../local/tools/ensure-tools.ts'
import { tempDir } from '../../support/tmp.ts'
import { testNewNginx, testTools } from '../../support/tools.ts'

test('both programs answer with their versions, and nginx says whether it has stream', async () => {
  const { consul, nginx } = await testTools()
  assert.match(consul.version, /^\d+\.\d+\.\d+$/)
  assert.match(nginx.version, /^\d+\.\d+\.\d+$/)
  assert.equal(nginx.stream, true)
})

test('the newer nginx runs beside the usual one and resolves servers of upstreams', async () => {
  const { version, stream } = await testNewNginx()
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  assert.ok(major * 1e6 + minor * 1e3 + patch >= 1_027_003, version)
  assert.equal(stream, true)
})

test('an nginx that is too old is refused as the newer one', async (t) => {
  const script = join(tempDir(t), 'nginx')
  writeFileSync(script, '#!/bin/sh\necho "nginx version: nginx/1.26.3" >&2\n', { mode: 0o755 })
  await assert.rejects(ensureNewNginx({ log: () => {}, env: { NGINX_NEW_BIN: script } }), {
    code: 'BINARY_MISSING',
    message: /NGINX_NEW_BIN=.* 1\.26\.3 is below 1\.27\.3/,
  })
})

test('programs that are named are used, and nothing is fetched or written', async (t) => {
  const { consul, nginx } = await testTools()
  const lines: string[] = []
  const tools = await ensureTools({
    log: (line) => lines.push(line),
    env: { CONSUL_BIN: consul.path, NGINX_BIN: nginx.path },
    folder: `${tempDir(t)}/tools`,
  })
  assert.deepEqual([tools.consul.source, tools.nginx.source], ['CONSUL_BIN', 'NGINX_BIN'])
  assert.deepEqual(lines, [])
})

test('a bad override is reported even when the other program is fine', async () => {
  const { consul } = await testTools()
  const env = { CONSUL_BIN: consul.path, NGINX_BIN: consul.path }
  await assert.rejects(ensureTools({ log: () => {}, env }), /NGINX_BIN=\S+ is not a nginx that runs/)
})
