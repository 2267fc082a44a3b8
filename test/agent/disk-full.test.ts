import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { webRelease } from '../support/agent-host.ts'
import { confirmedId, reportOf, startRunningHost } from '../support/clocked-host.ts'
import { eventually } from '../support/eventually.ts'
import { brokenFiles } from '../support/killed-agent.ts'
import { isFull } from '../support/scale.ts'
import { startSmallDisk } from '../support/small-disk.ts'

/** At which write: all, or in a reduced run every sixth. */
const every = isFull ? 1 : 6

test('a disk that is full from any write on harms nothing that runs, and the release goes live when there is room', async (t) => {
  const { host, disk, writes } = await smallHost(t)
  for (let at = 1; at <= writes; at += every)
    await sufferAndRecover(host, disk, `full ${at}`, () => disk.fullFrom(at))
  t.diagnostic(`${writes} writes`)
})

test('any single write or rename that fails harms nothing that runs, and is tried again', async (t) => {
  const { host, disk, writes } = await smallHost(t)
  for (let at = 1; at <= writes + 8; at += every)
    await sufferAndRecover(host, disk, `once ${at}`, () => disk.failOnce(at))
})

test('what killed agents left on a full disk is removed before a release needs the room', async (t) => {
  const { host, disk } = await smallHost(t)
  const { stateDir } = host.settings
  await mkdir(join(stateDir, 'releases', 'x.tmp-1-1'))
  await writeFile(join(stateDir, 'releases', 'x.tmp-1-1', 'orphan'), Buffer.alloc(300_000))
  await writeFile(join(stateDir, 'blobs', 'f'.repeat(64)), Buffer.alloc(300_000))
  disk.quota(200_000)
  await host.channel.publish(large(host.port, 'large', 20_000))
  assert.equal((await host.cycle()).outcome, 'installed')
  assert.equal(await host.get(), 'large')
})

test('a release that the disk is too small for is reported, and doesn’t keep a smaller one out', async (t) => {
  const { host, disk } = await smallHost(t)
  disk.quota(100_000)
  await host.channel.publish(large(host.port, 'too large', 400_000))
  for (let i = 0; i < 3; i += 1) {
    const record = await host.cycle()
    assert.deepEqual([record.outcome, record.step], ['failed', 'fetch'])
    assert.match(record.reason, /could not store blob .*ENOSPC/)
  }
  assert.match(reportOf(host).reason, /ENOSPC/)
  assert.deepEqual(host.agent.status().state?.bad, [])
  await host.channel.publish(webRelease(host.port, 'small'))
  assert.equal((await host.cycle()).outcome, 'installed')
  const blobs = await readdir(join(host.settings.stateDir, 'blobs'))
  assert.deepEqual(
    blobs.filter((name) => name.includes('.tmp-')),
    [],
  )
})

async function smallHost(t: TestContext) {
  const host = await startRunningHost(t)
  const disk = startSmallDisk(t, [host.settings.stateDir, dirname(host.settings.entries.http)])
  await host.channel.publish(webRelease(host.port, 'warm'))
  assert.equal((await host.cycle()).outcome, 'installed')
  return { host, disk, writes: disk.count }
}

type Small = Awaited<ReturnType<typeof smallHost>>

async function sufferAndRecover(
  host: Small['host'],
  disk: Small['disk'],
  text: string,
  fill: () => void,
): Promise<void> {
  const before = await host.get()
  await host.channel.publish(webRelease(host.port, text))
  fill()
  await host.cycle()
  await host.cycle()
  assert.equal(await brokenFiles(host), null, text)
  assert.ok([before, text].includes(await host.get()))
  disk.reset()
  await eventually(`${text} is live`, async () => {
    await host.cycle()
    return (await host.get()) === text
  })
  await host.cycle()
  assert.deepEqual(host.agent.status().state?.bad, [])
  assert.match(await host.entry(), new RegExp(confirmedId(host)))
}

function large(port: number, text: string, bytes: number) {
  return webRelease(port, text, { extra: `# ${text}\n`.repeat(Math.ceil(bytes / (text.length + 3))) })
}
