import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Template } from 'aws-cdk-lib/assertions'
import { type App, Stack } from 'aws-cdk-lib/core'
import { AgentBundle } from '../../lib/agent-bundle.ts'
import { fetchText, webRelease } from '../support/agent-host.ts'
import { eventually } from '../support/eventually.ts'
import { freePorts } from '../support/ports.ts'
import { openTestChannel, type TestChannel } from '../support/release.ts'
import { startTestS3, type TestS3 } from '../support/s3.ts'
import { testApp } from '../support/stack.ts'
import { tempDir } from '../support/tmp.ts'
import { testProcesses, testTools } from '../support/tools.ts'
import { fileIn, userDataOf } from '../support/user-data.ts'

/** The agent as the stack uploads it. */
function deployedAgent(): string {
  const app: App = testApp()
  new AgentBundle(new Stack(app, 'Test'), 'Agent', { deployment: 'test' })
  const name = readdirSync(app.outdir).find((file) => file.endsWith('.mjs')) ?? assert.fail('no agent')
  return join(app.outdir, name)
}

/** The template with a fleet; that it is the one of now is seen where it is made. */
function goldenTemplate(): Template {
  return Template.fromJSON(JSON.parse(readFileSync('test/golden/template-fleet.json', 'utf8')))
}

/** What a host's first start writes, put into a folder: the paths are moved there, and what only root may do is left out. */
function setUp(
  root: string,
  channel: TestChannel,
  ports: { health: number; control: number; stream: number },
  modules: string,
) {
  const script = userDataOf(goldenTemplate())
  const moved = (text: string) =>
    text.replaceAll(/\/(var\/lib|var\/log|etc|run)\//g, (folder) => join(root, folder, '/'))
  for (const folder of ['etc/nginx', 'etc/quayside', 'var/lib/quayside', 'var/log/nginx', 'run'])
    mkdirSync(join(root, folder), { recursive: true })
  const conf = moved(fileIn(script, '/etc/nginx/nginx.conf'))
    .replace('user nginx;\n', '')
    .replace('include /usr/share/nginx/modules/*.conf;', modules)
    .replace('http {\n', `http {\n${temporary(root)}`)
  writeFileSync(join(root, 'etc/nginx/nginx.conf'), conf)
  writeFileSync(join(root, 'etc/nginx/mime.types'), 'types { text/plain txt; }')
  for (const context of ['http', 'stream'])
    writeFileSync(join(root, `var/lib/quayside/entry.${context}.conf`), '')
  writeFileSync(join(root, 'etc/quayside/public-key.pem'), channel.publicKey)
  const { healthPort: _, ...settings } = JSON.parse(moved(fileIn(script, '/etc/quayside/agent.json')))
  const local = {
    healthPort: ports.health,
    controlPort: ports.control,
    streamControlPort: ports.stream,
    pollMs: 50,
  }
  const places = {
    nginxConf: join(root, 'etc/nginx/nginx.conf'),
    nginxPid: join(root, 'run/nginx.pid'),
    nginxErrorLog: join(root, 'var/log/nginx/error.log'),
    stateDir: join(root, 'var/lib/quayside'),
  }
  writeFileSync(join(root, 'etc/quayside/agent.json'), JSON.stringify({ ...settings, ...local, ...places }))
}

function temporary(root: string): string {
  const names = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return names.map((name) => `  ${name}_temp_path ${join(root, `temp_${name}`)};\n`).join('')
}

function environment(root: string, s3: TestS3, channel: TestChannel) {
  return {
    PATH: process.env.PATH ?? '',
    QUAYSIDE_AGENT_SETTINGS: join(root, 'etc/quayside/agent.json'),
    QUAYSIDE_BUCKET: s3.bucket,
    QUAYSIDE_DEPLOYMENT: channel.deployment,
    QUAYSIDE_CHANNEL: channel.channel,
    QUAYSIDE_HOST_ID: 'AROATEST:i-0001',
    AWS_ENDPOINT_URL_S3: s3.url,
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'test-secret',
  }
}

async function startHost(t: TestContext) {
  const root = tempDir(t)
  const [{ nginx }, processes, s3, ports] = await Promise.all([
    testTools(),
    testProcesses(t),
    startTestS3(t),
    freePorts(4),
  ])
  const [health = 0, control = 0, stream = 0, port = 0] = ports
  const channel = openTestChannel(s3)
  const module = nginx.modules.stream === undefined ? '' : `load_module "${nginx.modules.stream}";`
  setUp(root, channel, { health, control, stream }, module)
  const file = join(root, 'etc/quayside/agent.json')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), nginxBinary: nginx.path }))
  const agent = deployedAgent()
  const env = environment(root, s3, channel)
  const [, args = ''] = /^QUAYSIDE_\w+=\S+ node '\S+' (install.*)$/m.exec(userDataOf(goldenTemplate())) ?? []
  execFileSync(process.execPath, [agent, ...args.split(' ')], { env })
  const conf = join(root, 'etc/nginx/nginx.conf')
  const start = (name: string, command: string, args: string[]) =>
    processes.start({ name, command, args, env, ready: async () => undefined })
  await start('nginx', nginx.path, [
    '-c',
    conf,
    '-e',
    join(root, 'var/log/nginx/error.log'),
    '-g',
    'daemon off;',
  ])
  const healthy = () => fetchText(`http://127.0.0.1:${health}/health`)
  await eventually('an answer of nginx', async () => (await healthy()) === '503')
  return { channel, port, healthy, startAgent: () => start('agent', process.execPath, [agent]) }
}

test('a fleet’s host is unhealthy until its first release is confirmed, and stays healthy without its agent', async (t) => {
  const host = await startHost(t)
  const first = await host.startAgent()
  assert.equal(await host.healthy(), '503', 'nothing is published yet')
  await host.channel.publish(webRelease(host.port, 'one'))
  await eventually('a healthy host', async () => /^[0-9a-f]{8,}\s*$/.test(await host.healthy()))
  const get = () => fetchText(`http://127.0.0.1:${host.port}/`)
  assert.equal(await get(), 'one')

  process.kill(first.pid, 'SIGKILL')
  await eventually('the end of the agent', async () => !isAlive(first.pid))
  const confirmed = await host.healthy()
  assert.match(confirmed, /^[0-9a-f]{8,}\s*$/)
  await host.channel.publish(webRelease(host.port, 'two'))
  assert.equal(await get(), 'one')

  await host.startAgent()
  await eventually('the next release', async () => (await get()) === 'two')
  assert.notEqual(await host.healthy(), confirmed)
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
