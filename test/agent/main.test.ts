import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startAgentHost, webRelease } from '../support/agent-host.ts'
import { eventually } from '../support/eventually.ts'

const program = new URL('../../agent/main.ts', import.meta.url).pathname

test('the program runs from its settings file, takes over a release, and ends at SIGTERM with nginx still serving', async (t) => {
  const host = await startAgentHost(t)
  const { settings, channel } = host
  const file = join(host.nginx.prefix, 'agent.json')
  const key = join(host.nginx.prefix, 'key.pem')
  await writeFile(key, channel.publicKey)
  const { bucket, region, deployment, stateDir, entries, nginx, control } = settings
  const members = {
    ...{
      bucket,
      region,
      deployment,
      stateDir,
      publicKeyFiles: [key],
      hostId: 'AROATEST:i-0001',
      pollMs: 100,
    },
    ...{ httpEntry: entries.http, streamEntry: entries.stream, stream: entries.stream !== null },
    ...{ nginxBinary: nginx.binary, nginxConf: nginx.mainConf, nginxPrefix: nginx.prefix },
    ...{ nginxPid: nginx.pidFile, nginxErrorLog: nginx.errorLog },
    ...{ controlPort: control.http, streamControlPort: control.stream ?? 1 },
  }
  await writeFile(file, JSON.stringify(members))
  const aws = { AWS_ENDPOINT_URL_S3: host.s3.url, AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'B' }
  const env = { ...process.env, ...aws, QUAYSIDE_AGENT_SETTINGS: file }
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (part) => (output += String(part)))
  await channel.publish(webRelease(host.port, 'one'))
  await eventually('the release is live', () => output.includes('"host-live"'))
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
