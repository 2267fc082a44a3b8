import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Host } from '../../agent/host.ts'
import { createReporter } from '../../agent/reporter.ts'
import { addressesId } from '../../core/host/choose-target.ts'
import type { HostReport } from '../../core/release/report.ts'
import { fetchText, webRelease } from '../support/agent-host.ts'
import { reportOf, startRunningHost } from '../support/clocked-host.ts'

const volatile = (content: string) => [{ path: 'operator/app.conf', context: 'http' as const, content }]

test('a file of an operator’s template that nginx refuses is not tried again at once, and reported', async (t) => {
  const host = await startRunningHost(t)
  const release = webRelease(host.port, 'two')
  await host.channel.publish({ ...release, volatile: volatile('# first\n') })
  assert.equal((await host.cycle()).outcome, 'installed')
  await host.channel.publish({ ...release, volatile: volatile('nonsense on;\n') })
  for (let i = 0; i < 3; i += 1) assert.equal((await host.cycle()).outcome, 'rejected')
  assert.equal(host.agent.status().state?.bad[0]?.failures, 1)
  assert.match(reportOf(host).reason, /nonsense/)
})

test('while nginx refuses everything, a release with other volatile files is tried once and not in a loop', async (t) => {
  const host = await startRunningHost(t)
  await host.channel.publish({ ...webRelease(host.port, 'two'), volatile: volatile('# first\n') })
  assert.equal((await host.cycle()).outcome, 'installed')
  const main = await readFile(host.nginx.mainConf, 'utf8')
  await writeFile(host.nginx.mainConf, `${main}nonsense;\n`)
  await host.channel.publish({
    ...webRelease(host.port, 'three', { servers: [9] }),
    volatile: volatile('# second\n'),
  })
  for (let i = 0; i < 5; i += 1) assert.equal((await host.cycle()).outcome, 'rejected')
  assert.deepEqual(
    host.agent.status().state?.bad.map(({ failures }) => failures),
    [1, 1],
  )
  await writeFile(host.nginx.mainConf, main)
  assert.equal((await host.cycle()).outcome, 'installed')
})

test('as long as the offered volatile files are marked as bad, no cycle is reported as fine', async (t) => {
  const host = await startRunningHost(t)
  const { pointer } = await host.channel.publish({
    ...webRelease(host.port, 'two'),
    volatile: volatile('# first\n'),
  })
  const state = host.agent.status().state ?? assert.fail()
  const mark = {
    id: addressesId(pointer),
    failures: 1,
    retryAt: 0,
    host: '',
    step: 'test',
    reason: 'refused',
  }
  const reports: HostReport[] = []
  const reporter = createReporter({
    ...{
      settings: host.settings,
      capability: { version: '1.22.1' },
      resolver: { chosen: { mode: 'static' } },
    },
    ...{ memory: { wanted: pointer, certificates: { problem: null }, live: null } },
    ...{ state: { current: { ...state, bad: [mark] } }, now: () => 0, elapsed: () => 0 },
    ...{ userId: async () => 'host', log: { info: () => {}, warn: () => {} } },
    bucket: { put: async (_key: string, text: string) => void reports.push(JSON.parse(text)) },
  } as unknown as Host)
  const fine = { outcome: 'unchanged', releaseId: null, step: null, reason: '', retryInMs: null } as const
  await reporter.consider({ ...fine, timings: {} })
  assert.deepEqual(
    reports.map(({ outcome, step, reason }) => [outcome, step, reason]),
    [['rejected', 'test', 'refused']],
  )
})

test('addresses in volatile files follow also while the offered layout fails, unless it makes them in another way', async (t) => {
  const host = await startRunningHost(t)
  const proxy = (port: number) =>
    volatile(`server { listen 127.0.0.1:${host.sparePort}; return 200 "to ${port}"; }\n`)
  const release = webRelease(host.port, 'two')
  await host.channel.publish({ ...release, volatile: proxy(1) })
  assert.equal((await host.cycle()).outcome, 'installed')
  const bad = webRelease(host.port, 'three', { extra: 'nonsense;' })
  for (const port of [2, 3]) {
    await host.channel.publish({ ...bad, volatile: proxy(port) })
    for (let i = 0; i < 3; i += 1) await host.cycle()
    assert.equal(await fetchText(`http://127.0.0.1:${host.sparePort}/`), `to ${port}`)
    assert.equal(await host.get(), 'two')
    assert.equal(reportOf(host).outcome, 'rejected')
  }
  await host.channel.publish({ ...bad, volatile: [{ ...proxy(4)[0], context: 'stream' }] as never })
  for (let i = 0; i < 3; i += 1) await host.cycle()
  assert.equal(await fetchText(`http://127.0.0.1:${host.sparePort}/`), 'to 3')
})
