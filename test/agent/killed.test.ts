import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readEntries } from '../../agent/entries.ts'
import { type AgentHost, startAgentHost } from '../support/agent-host.ts'
import { releaseWith } from '../support/bad-releases.ts'
import { bothNginxes } from '../support/check-nginx.ts'
import { confirmedId } from '../support/clocked-host.ts'
import { eventually } from '../support/eventually.ts'
import { brokenFiles, type Moment, runUntilKilled } from '../support/killed-agent.ts'
import { readLine } from '../support/read-line.ts'
import { isFull } from '../support/scale.ts'

const kills = isFull ? 100 : 5
const zone = (key: string) => `limit_req_zone ${key} zone=same:64k rate=5r/s;`

for (const [name, find] of Object.entries(bothNginxes))
  test(`an agent killed at any moment leaves what serves and starts, and the next one mends it, on ${name}`, async (t) => {
    const host = await startAgentHost(t, { nginx: await find() })
    const stream = (text: string) => `server { listen 127.0.0.1:${host.sparePort}; return "${text}"; }`
    const publish = (text: string, key = '$request_uri') => {
      const release = releaseWith(host.port, text, 'stream', stream(text))
      const file = { path: 'zone.conf', context: 'http' as const, content: zone(key) }
      return host.channel.publish({ ...release, files: [...release.files, file] })
    }
    await publish('good 0')
    assert.equal((await host.agent.runCycle()).outcome, 'installed')
    let coldStarts = 0
    for (let i = 1; i <= kills; i += 1) {
      // Every third release passes the test and fails at the reload, so that some agents die while they roll back.
      await (i % 3 === 0 ? publish(`bad ${i}`, '$uri') : publish(`good ${i}`))
      await runUntilKilled(t, host, momentOf(i))
      assert.equal(await brokenFiles(host), null, `after kill ${i}`)
      assert.match(await host.get(), /^good \d+$/)
      assert.match(await readLine(host.sparePort), /^good \d+$/)
      // The fault is one of the change: an nginx that starts with such a release runs it, and later ones are the fault.
      if (i % 4 !== 0 || (await includesText(host, 'bad'))) continue
      coldStarts += 1
      await host.nginx.restart()
      assert.match(await host.get(), /^good \d+$/, `nginx starts from the files after kill ${i}`)
    }
    t.diagnostic(`${kills} kills, ${coldStarts} cold starts of nginx`)
    await publish('good at last')
    const later = host.restartAgent()
    await eventually('the next agent mends it', async () => {
      await later.runCycle()
      return (await host.get()) === 'good at last'
    })
    await later.runCycle()
    const entry = await readFile(host.settings.entries.http, 'utf8')
    assert.match(entry, new RegExp(confirmedId({ agent: later })))
    const left = await readdir(join(host.settings.stateDir, 'releases'))
    assert.deepEqual(
      left.filter((one) => one.includes('.tmp-')),
      [],
    )
    assert.ok(left.length <= 3, `${left}`)
  })

/** Whether the files that nginx would start with hold this text. */
async function includesText({ settings }: AgentHost, text: string): Promise<boolean> {
  const entries = [...(await readEntries(settings)).values()].join('\n')
  const paths = [...entries.matchAll(/^include "?([^";]+)"?;$/gm)].map(([, path = '']) => path)
  const files = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
  return files.some((content) => content.includes(text))
}

/** Half of them at readings of the clock, over all steps; half at some millisecond, in between. */
function momentOf(i: number): Moment {
  const spread = (i * 61) % 97
  return i % 2 === 0 ? { reading: 3 + (spread % 60) } : { afterMs: 5 + spread * 4 }
}
