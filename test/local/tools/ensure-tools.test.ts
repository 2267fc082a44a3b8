import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ensureTools } from '../../../local/tools/ensure-tools.ts'
import { tempDir } from '../../support/tmp.ts'
import { testTools } from '../../support/tools.ts'

test('both programs answer with their versions, and nginx says whether it has stream', async () => {
  const { consul, nginx } = await testTools()
  assert.match(consul.version, /^\d+\.\d+\.\d+$/)
  assert.match(nginx.version, /^\d+\.\d+\.\d+$/)
  assert.equal(nginx.stream, true)
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
