import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { install } from '../../agent/install.ts'
import { startAgentHost, webRelease } from '../support/agent-host.ts'
import { agentProgram, textOf } from '../support/agent-program.ts'
import { eventually } from '../support/eventually.ts'

const program = new URL('../../agent/main.ts', import.meta.url).pathname

test('install writes entry files that nginx starts with, answers 503 for health, and touches nothing twice', async (t) => {
  const host = await startAgentHost(t)
  const lines = await install(host.settings)
  assert.match(lines.join('\n'), new RegExp(`include "${host.settings.entries.http}";`))
  await host.nginx.restart()
  const response = await fetch(`http://127.0.0.1:${host.settings.control.http}/health`)
  assert.equal(response.status, 503)
  await writeFile(host.settings.entries.http, '# by somebody else\n')
  await install(host.settings)
  assert.equal(await readFile(host.settings.entries.http, 'utf8'), '# by somebody else\n')
})

test('the program runs from its settings file, takes over a release, and ends at SIGTERM with nginx still serving', async (t) => {
  const host = await startAgentHost(t)
  const program = await agentProgram(t, host)
  const child = program.start()
  const output = textOf(child.stdout)
  await host.channel.publish(webRelease(host.port, 'one'))
  await eventually('the release is live', () => output().includes('"host-live"'))
  assert.equal(await host.get(), 'one')
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
  assert.equal(await host.get(), 'one')
})

test('the program says what is wrong with its settings and exits with 1', async (t) => {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  child.stderr.on('data', (part) => (output += String(part)))
  const [code] = await once(child, 'exit')
  assert.equal(code, 1)
  assert.match(output, /bucket is missing/)
})
