import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type EntryTexts, readEntries, writeEntries } from '../../agent/entries.ts'
import { webRelease } from '../support/agent-host.ts'
import { faults, releaseWith } from '../support/bad-releases.ts'
import { bothNginxes } from '../support/check-nginx.ts'
import { acceptingPids, type ClockedHost, confirmedId, startClockedHost } from '../support/clocked-host.ts'
import { eventually } from '../support/eventually.ts'
import { startMeddledHost } from '../support/meddled-host.ts'
import { readLine } from '../support/read-line.ts'
import type { TestRelease } from '../support/release.ts'
import { isFull } from '../support/scale.ts'

for (const [name, find] of Object.entries(bothNginxes)) {
  test(`whenever somebody else reloads nginx, no worker has files of two releases, on ${name}`, async (t) => {
    const host = await startClockedHost(t, { nginx: await find() })
    const ways: EntryTexts[] = []
    for (const generation of ['a', 'b']) {
      await host.channel.publish(marked(host, generation))
      assert.equal((await host.cycle()).outcome, 'installed')
      ways.push(await readEntries(host.settings))
    }
    const seen = { http: new Set<string>(), stream: new Set<string>() }
    let ended = false
    const flips = repeat(
      () => ended,
      async () => writeEntries(ways[Math.random() < 0.5 ? 0 : 1] ?? assert.fail()),
    )
    const asks = repeat(
      () => ended,
      async () => {
        seen.http.add(await host.get())
        seen.stream.add(await readLine(host.sparePort))
      },
    )
    const reloads = isFull ? 100 : 8
    for (let i = 0; i < reloads; i += 1) {
      const before = await acceptingPids(host)
      host.nginx.hup()
      await eventually('new workers', async () =>
        (await acceptingPids(host)).some((pid) => !before.includes(pid)),
      )
      await delay(Math.random() * 30)
    }
    await eventually('new workers only', async () => (await acceptingPids(host)).length === 2)
    ended = true
    const flipped = await flips
    await asks
    t.diagnostic(`${reloads} reloads during ${flipped} changes of the entry files`)
    const ids = ways.map((entries) => /default "(\w+)"/.exec([...entries.values()][0] ?? '')?.[1])
    const whole = [`${ids[0]} a a`, `${ids[1]} b b`]
    for (const answers of Object.values(seen))
      assert.deepEqual(
        [...answers].filter((answer) => !whole.includes(answer)),
        [],
      )
    assert.equal(new Set([...seen.http, ...seen.stream]).size, 2, 'both generations were loaded')
  })

  test(`a reload by somebody else at any moment of a cycle changes nothing about how it ends, on ${name}`, async (t) => {
    const host = await startMeddledHost(t, await find())
    const rounds = await host.everywhere(async (at) => {
      const text = `release ${at}`
      await host.channel.publish(webRelease(host.port, text))
      host.meddle(at, () => process.kill(host.nginx.pid, 'SIGHUP'))
      assert.equal((await host.cycle()).outcome, 'installed', text)
      assert.equal(await host.get(), text)
      assert.deepEqual(host.agent.status().state?.bad, [])
      assert.match(await host.entry(), new RegExp(confirmedId(host)))
    })
    t.diagnostic(`${rounds} reloads by somebody else`)
  })

  test(`a reload by somebody else while a release is rolled back leaves what was confirmed, on ${name}`, async (t) => {
    const host = await startMeddledHost(t, await find())
    const fault = faults.find(({ name }) => name.startsWith('a limit_req')) ?? assert.fail()
    const { good, bad } = await fault.prepare(t, host)
    const rounds = await host.everywhere(async (at) => {
      await host.channel.publish(releaseWith(host.port, `good ${at}`, fault.context, good))
      assert.equal((await host.cycle()).outcome, 'installed')
      const entry = await host.entry()
      await host.channel.publish(releaseWith(host.port, `bad ${at}`, fault.context, bad))
      host.meddle(at, () => process.kill(host.nginx.pid, 'SIGHUP'))
      assert.equal((await host.cycle()).outcome, 'rolled-back')
      assert.equal(await host.entry(), entry)
      await eventually('what was confirmed is served', async () => (await host.get()) === `good ${at}`)
    })
    t.diagnostic(`${rounds} reloads by somebody else`)
  })
}

/** A release of many files in both contexts, whose servers tell the generation of the entry file and of the first and last file. */
function marked(host: ClockedHost, generation: string): TestRelease {
  const file = (context: 'http' | 'stream', n: number, content: string) => ({
    path: `${context}/${String(n).padStart(3, '0')}.conf`,
    context,
    content: `${content}\n`,
  })
  const mark = (name: string) => `map "" $${name} { default "${generation}"; }`
  const filler = 'map $remote_addr $filler_N { default 0; }'
  const answer = '"$quayside_release $first $last"'
  return {
    files: (['http', 'stream'] as const).flatMap((context) => [
      file(context, 0, mark('first')),
      ...Array.from({ length: 40 }, (_, i) => file(context, i + 1, filler.replace('N', String(i)))),
      file(context, 50, mark('last')),
      context === 'http'
        ? file(context, 60, `server { listen 127.0.0.1:${host.port}; location / { return 200 ${answer}; } }`)
        : file(context, 60, `server { listen 127.0.0.1:${host.sparePort}; return ${answer}; }`),
    ]),
  }
}

async function repeat(isEnded: () => boolean, work: () => Promise<unknown>): Promise<number> {
  let count = 0
  for (; !isEnded(); count += 1) {
    await work()
    await delay(1 + Math.random() * 3)
  }
  return count
}
