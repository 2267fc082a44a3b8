import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findTool, searchPath } from '../../../local/tools/find-tool.ts'
import { probeConsul } from '../../../local/tools/probe.ts'
import { tempDir } from '../../support/tmp.ts'

/** A folder with a program called consul that answers as the script says. */
function folderWith(t: TestContext, script: string, path = 'consul'): string {
  const folder = tempDir(t)
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, path), 0o755)
  return folder
}

const works = (version: string) => `echo "Consul v${version}"`
const find = (env: NodeJS.ProcessEnv, unpacked = '/nonexistent') =>
  findTool('consul', probeConsul, { env, unpacked })

test('an override comes before PATH', async (t) => {
  const [own, onPath] = [folderWith(t, works('1.20.1')), folderWith(t, works('1.8.7'))]
  const tool = await find({ CONSUL_BIN: join(own, 'consul'), PATH: onPath })
  assert.deepEqual(tool, { path: join(own, 'consul'), version: '1.20.1', source: 'CONSUL_BIN' })
})

test('PATH comes before what was unpacked', async (t) => {
  const unpacked = folderWith(t, works('1.8.7'), 'consul/bin/consul')
  const onPath = folderWith(t, works('1.20.1'))
  assert.deepEqual((await find({ PATH: onPath }, unpacked))?.source, 'PATH')
  assert.deepEqual((await find({ PATH: '/nonexistent' }, unpacked))?.source, '.tools')
})

test('a program on PATH that does not run is passed over', async (t) => {
  const [broken, good] = [folderWith(t, 'exit 1'), folderWith(t, works('1.9.0'))]
  assert.equal((await find({ PATH: `${broken}:${good}` }))?.path, join(good, 'consul'))
})

test('a complete program is preferred, and an incomplete one is better than none', async (t) => {
  const [plain, complete] = [folderWith(t, ''), folderWith(t, '')]
  const probe = async (path: string, source: string) => ({
    tool: { path, version: '1.22.1', source, modules: {}, stream: path.startsWith(complete) },
  })
  const found = (PATH: string) => findTool('consul', probe, { env: { PATH }, unpacked: '/nonexistent' })
  assert.equal((await found(`${plain}:${complete}`))?.path, join(complete, 'consul'))
  assert.equal((await found(plain))?.path, join(plain, 'consul'))
})

for (const [what, script] of [
  ['fails', 'echo "cannot load libfoo" >&2; exit 127'],
  ['is another program', 'echo "hello"'],
] as const) {
  test(`an override that ${what} is an error with variable, value and remedy`, async (t) => {
    const path = join(folderWith(t, script), 'consul')
    await assert.rejects(find({ CONSUL_BIN: path, PATH: folderWith(t, works('1.8.7')) }), (error: Error) => {
      assert.equal((error as { code?: string }).code, 'BINARY_MISSING')
      assert.ok(error.message.includes(`CONSUL_BIN=${path}`))
      assert.match(error.message, /Set CONSUL_BIN|unset/)
      return true
    })
  })
}

test('an override that is not there is an error, although PATH has the program', async (t) => {
  const env = { CONSUL_BIN: '/nonexistent/consul', PATH: folderWith(t, works('1.8.7')) }
  await assert.rejects(find(env), /CONSUL_BIN=\/nonexistent\/consul .*ENOENT/)
})

test('nothing anywhere is undefined, so that it can be unpacked', async () => {
  assert.equal(
    await findTool('consul', async () => ({ reason: 'no' }), { env: {}, unpacked: '/none' }),
    undefined,
  )
})

test('the search goes through the folders of servers too, and through no relative one', () => {
  assert.deepEqual(searchPath('/usr/bin:.::bin:/usr/sbin'), ['/usr/bin', '/usr/sbin', '/usr/local/sbin'])
})
