import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, chown, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fetchText, webRelease } from '../../support/agent-host.ts'
import { eventually } from '../../support/eventually.ts'
import { channelFor } from '../../support/installed-agent.ts'
import { freePorts } from '../../support/ports.ts'
import { stockHost } from '../../support/stock-host.ts'

const unit = new URL('../../../agent/quayside-agent.service', import.meta.url)
const isRoot = process.getuid?.() === 0
/** A user without any right. */
const nobody = 65_534

/** Starts a program as the unit does: beside a root nginx as another user with the unit's capabilities, else as the user of nginx. */
async function asTheUnitDoes(command: readonly string[]): Promise<readonly string[]> {
  if (!isRoot) return command
  const stated =
    /^AmbientCapabilities=(.*)$/m.exec(await readFile(unit, 'utf8'))?.[1] ?? assert.fail('no line')
  const capabilities = stated.split(' ').map((name) => `+${name.replace('CAP_', '').toLowerCase()}`)
  const list = ['-all', ...capabilities].join(',')
  const user = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--no-new-privs']
  return [
    'setpriv',
    ...user,
    `--inh-caps=${list}`,
    `--ambient-caps=${list}`,
    `--bounding-set=${list}`,
    ...command,
  ]
}

test('the agent needs no more rights than its unit gives it', async (t) => {
  const host = await stockHost(t, 'debian')
  const nginx = await host.start()
  const { s3, channel, flags } = await channelFor(t, host)
  const [control = 0, streamControl = 0, web = 0, own = 0, dns = 0] = await freePorts(5)
  const loopback = ['--statusPort', `${own}`, '--dnsPort', `${dns}`]
  const ports = ['--controlPort', `${control}`, '--streamControlPort', `${streamControl}`, ...loopback]
  const old = new Set(await nginx.workers())
  assert.equal((await host.run('install', ...flags, ...ports, '--reload')).code, 0)
  await eventually(
    'the reload is over',
    async () => (await fetchText(`http://127.0.0.1:${control}/health`)) === '503',
  )
  await eventually(
    'the workers from before are gone',
    async () => !(await nginx.workers()).some((pid) => old.has(pid)),
  )
  if (isRoot) {
    // As systemd does it for StateDirectory. The log stays root's, and its folder is closed to others.
    for (const name of ['', ...(await readdir(host.stateDir))])
      await chown(join(host.stateDir, name), nobody, nobody)
    await chmod(host.errorLog, 0o600)
  }
  await chmod(host.root, 0o755)
  const command = await asTheUnitDoes([process.execPath, await host.program()])
  const aws = { AWS_ENDPOINT_URL_S3: s3.url, AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'B' }
  const env = { PATH: process.env.PATH, QUAYSIDE_AGENT_SETTINGS: host.settingsFile, ...aws }
  const child = spawn(command[0] ?? '', command.slice(1), { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (part) => (output += String(part)))
  await channel.publish(webRelease(web, 'live'))
  await eventually('the release is live', () => output.includes('"host-live"')).catch(() =>
    assert.fail(output),
  )
  assert.equal(await fetchText(`http://127.0.0.1:${web}/`), 'live')
  const again = await host.run('install', '--dry-run')
  assert.doesNotMatch(again.stdout, /is used by/, 'the ports that the agent has are no surprise')
})

test('missing rights are told with every path, and nothing was changed', async (t) => {
  const host = await stockHost(t, 'nginx.org')
  // Neither root nor anybody else can write below a file.
  await host.write('etc/systemd/closed', '')
  const before = await host.etc()
  const { code, stderr } = await host.run('install', '--unitDir', host.path('etc/systemd/closed/units'))
  assert.equal(code, 1)
  assert.match(
    stderr,
    /can't write .*closed\/units\/quayside-agent\.service, .*nothing was changed: run the command as root/,
  )
  assert.deepEqual(await host.etc(), before)
})
