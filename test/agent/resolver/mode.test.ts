import assert from 'node:assert/strict'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { HostReport } from '../../../core/release/report.ts'
import { type AgentHost, startAgentHost, webRelease } from '../../support/agent-host.ts'
import { freePort } from '../../support/ports.ts'
import { testUpstream } from '../../support/release.ts'
import { namedServer, startResolvingHost } from '../../support/resolving-host.ts'
import { tempDir } from '../../support/tmp.ts'
import { testNewNginx } from '../../support/tools.ts'

function reportOf({ s3, settings }: Pick<AgentHost, 's3' | 'settings'>): HostReport {
  return JSON.parse(String(s3.objects(s3.bucket).get(`hosts/${settings.hostId}.json`))) as HostReport
}

test('an nginx that can’t resolve gets static servers, and the report says why', async (t) => {
  const host = await startAgentHost(t, { settings: { mode: 'resolve' } })
  const a = await namedServer(t, 'a')
  await host.channel.publish(webRelease(host.port, 'one', { servers: [a] }))
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  assert.equal(await host.get('/app'), 'a')
  assert.equal(reportOf(host).mode, 'static')
  assert.match(reportOf(host).modeReason ?? '', /^mode is "resolve", but nginx 1\.\d+\.\d+ can't/)
  assert.match(String(host.events.find(({ event }) => event === 'host-static')?.reason), /1\.27\.3 or later/)
})

test('where the DNS port is taken the host serves with static servers, and resolves once it is free', async (t) => {
  const dnsPort = await freePort()
  const other = createServer().listen(dnsPort, '127.0.0.1')
  t.after(() => other.close())
  const host = await startResolvingHost(t, { settings: { dnsPort } })
  const a = await namedServer(t, 'a')
  await host.channel.publish(webRelease(host.port, 'one', { servers: [a] }))
  await host.until('installed')
  assert.deepEqual(await host.answers(), ['a'])
  assert.equal(host.report().mode, 'static')
  assert.match(host.report().modeReason ?? '', new RegExp(`^the DNS port ${dnsPort} of 127\\.0\\.0\\.1`))
  other.close()
  await host.agent.stop()
  const next = host.restartAgent()
  assert.equal((await host.until('endpoints', next)).reason, 'nginx resolves upstream servers now')
  assert.deepEqual(await host.answers(), ['a'])
  assert.equal(host.report().mode, 'resolve')
  assert.equal(host.report().modeReason, undefined)
})

test('a layout with too many upstreams for the workers’ connections is static, the next one resolves again', async (t) => {
  const host = await startResolvingHost(t)
  const release = (count: number) => {
    const names = ['web', ...Array.from({ length: count - 1 }, (_, at) => `s${at}`)]
    const sources = Object.fromEntries(
      names.map((name, at) => [`${name}@dc1`, [{ address: '127.0.0.1', port: 2_000 + at, weight: 1 }]]),
    )
    const upstreams = names.map((name) => testUpstream(name))
    return { ...webRelease(host.port, 'one'), upstreams, sources }
  }
  await host.channel.publish(release(129))
  await host.until('installed')
  assert.equal(host.report().mode, 'static')
  assert.match(
    host.report().modeReason ?? '',
    /^129 upstreams .* of the 512 worker_connections .* at least 516$/,
  )
  await host.channel.publish(release(128))
  host.clock.offset += 3_000
  await host.until('installed')
  assert.equal(host.report().mode, 'resolve')
})

test('a layout that nginx refuses with names is tried with static servers before it is blamed', async (t) => {
  const nginx = await testNewNginx()
  const folder = tempDir(t)
  const wrapper = join(folder, 'nginx')
  const host = await startResolvingHost(t, { settings: { nginxBinary: wrapper } })
  const releases = join(host.settings.stateDir, 'releases')
  await writeFile(
    wrapper,
    [
      '#!/bin/sh',
      `if [ "$1" = -t ] && grep -rq "service=http" "${releases}"; then echo "[emerg] invalid parameter" >&2; rm -r "${releases}"/*; exit 1; fi`,
      `exec "${nginx.path}" "$@"`,
      '',
    ].join('\n'),
  )
  await chmod(wrapper, 0o755)
  const a = await namedServer(t, 'a')
  await host.channel.publish(webRelease(host.port, 'one', { servers: [a] }))
  assert.equal((await host.agent.runCycle()).outcome, 'installed')
  assert.deepEqual(await host.answers(), ['a'])
  assert.deepEqual([host.report().mode, host.agent.status().state?.bad], ['static', []])
  assert.match(host.report().modeReason ?? '', /^nginx refuses this layout .*invalid parameter/)
  assert.doesNotMatch(await readFile(host.settings.entries.http, 'utf8'), /resolver/)
})
