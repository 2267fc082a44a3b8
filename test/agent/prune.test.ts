import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { webRelease } from '../support/agent-host.ts'
import { confirmedId, startRunningHost } from '../support/clocked-host.ts'
import { brokenFiles } from '../support/killed-agent.ts'
import { isFull } from '../support/scale.ts'

const releases = isFull ? 1_000 : 12

test('after many releases of new addresses the disk holds what is confirmed, what was before, and no more', async (t) => {
  const host = await startRunningHost(t)
  const { stateDir } = host.settings
  const ids = [confirmedId(host)]
  // Every cycle moves the clock on.
  const expires = '2999-01-01T00:00:00Z'
  const most = { releases: 0, blobs: 0 }
  for (let i = 1; i <= releases; i += 1) {
    await host.channel.publish(webRelease(host.port, 'one', { servers: [1_024 + i] }), { expires })
    const record = await host.cycle()
    assert.equal(record.outcome, 'endpoints', record.reason)
    ids.push(confirmedId(host))
    const staged = await readdir(join(stateDir, 'releases'))
    for (const id of ids.slice(-2)) assert.ok(staged.includes(id), `${id} is kept`)
    const blobs = await readdir(join(stateDir, 'blobs'))
    most.releases = Math.max(most.releases, staged.length)
    most.blobs = Math.max(most.blobs, blobs.length)
  }
  t.diagnostic(`after ${releases} releases at most ${most.releases} directories and ${most.blobs} blobs`)
  assert.equal(new Set(ids).size, releases + 1)
  assert.ok(most.releases <= 3 && most.blobs <= 6, JSON.stringify(most))
  assert.equal(host.agent.status().state?.previous?.configId, ids.at(-2))
  assert.equal(await brokenFiles(host), null)
  await host.nginx.restart()
  assert.equal(await host.get(), 'one')
})
