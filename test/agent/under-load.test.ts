import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { capabilityOf, parseNginxVersion } from '../../core/host/nginx-version.ts'
import type { NginxTool } from '../../local/tools/tool.ts'
import { fetchText, webRelease } from '../support/agent-host.ts'
import { faults, releaseWith } from '../support/bad-releases.ts'
import { bothNginxes } from '../support/check-nginx.ts'
import { type ClockedHost, startClockedHost, startRunningHost } from '../support/clocked-host.ts'
import { startPacedLoad } from '../support/paced-load.ts'
import { isFull } from '../support/scale.ts'

const perSecond = isFull ? 1_000 : 200

for (const [name, find] of Object.entries(bothNginxes)) {
  test(`with workers that die at their start no request fails or waits in vain, on ${name}`, async (t) => {
    const nginx = await find()
    const host = await startClockedHost(t, { nginx })
    const both = faults.filter((fault) => fault.name.startsWith('workers'))
    const dead = Array.from({ length: isFull ? 10 : 2 }, (_, i) => both[i % 2] ?? assert.fail('no fault'))
    const outcomes: string[] = []
    await underLoad(t, host, nginx, async () => {
      for (const [i, fault] of dead.entries()) {
        const { bad } = await fault.prepare(t, host)
        await host.channel.publish(releaseWith(host.port, `bad ${i}`, fault.context, bad))
        const { outcome, timings } = await host.cycle()
        outcomes.push(outcome)
        t.diagnostic(
          `${fault.context}: noticed after ${timings.confirm} ms, restored in ${timings.restore} ms`,
        )
        await delay(100)
      }
    })
    assert.deepEqual(
      outcomes,
      dead.map(() => 'rolled-back'),
    )
  })

  test(`releases that go well cost no request, on ${name}`, async (t) => {
    const nginx = await find()
    const host = await startClockedHost(t, { nginx })
    await underLoad(t, host, nginx, async () => {
      for (let i = 1; i <= (isFull ? 20 : 2); i += 1) {
        await host.channel.publish(webRelease(host.port, `release ${i}`))
        assert.equal((await host.cycle()).outcome, 'installed')
        await delay(100)
      }
    })
  })

  test(`both generations answer for a while after a reload, and none of the old one after the confirmation, on ${name}`, async (t) => {
    const host = await startRunningHost(t, { nginx: await find() })
    let mixed = 0
    for (let i = 1; i <= (isFull ? 20 : 2); i += 1) {
      const text = `release ${i}`
      await host.channel.publish(webRelease(host.port, text))
      const watch = watchAnswers(host)
      assert.equal((await host.cycle()).outcome, 'installed')
      const confirmedAt = performance.now()
      await delay(30)
      const answers = await watch.end()
      const first = answers.findIndex((one) => one.text === text)
      assert.ok(first >= 0)
      mixed += answers.slice(first).filter((one) => one.text !== text).length
      const late = answers.filter((one) => one.askedAt > confirmedAt && one.text !== text)
      assert.deepEqual(late, [])
    }
    t.diagnostic(`${mixed} answers of an old generation came after the first of the new one`)
    assert.ok(mixed > 0, 'the first new answer proves nothing')
  })
}

/** Runs `work` under a load on the release "one"; no request may fail, but for resets of idle connections where nginx can't avoid them. */
async function underLoad(
  t: TestContext,
  host: ClockedHost,
  nginx: NginxTool,
  work: () => Promise<void>,
): Promise<void> {
  await host.channel.publish(webRelease(host.port, 'one'))
  assert.equal((await host.cycle()).outcome, 'installed')
  const load = startPacedLoad(t, `http://127.0.0.1:${host.port}/`, perSecond)
  await delay(200)
  await work()
  await delay(200)
  const { requests, answers, longestMs } = await load.end()
  t.diagnostic(`${requests} requests: ${JSON.stringify(answers)}, longest ${longestMs} ms`)
  const { reused = 0, ...others } = answers
  assert.deepEqual(Object.keys(others), ['200'])
  const version = parseNginxVersion(`nginx/${nginx.version}`) ?? assert.fail(nginx.version)
  if (capabilityOf(version).keepaliveMinTimeout) assert.equal(reused, 0)
  assert.ok(requests > perSecond / 2)
}

/** Asks on fresh connections without pause. */
function watchAnswers({ port }: ClockedHost) {
  const answers: { askedAt: number; text: string }[] = []
  let ended = false
  const loops = Array.from({ length: 4 }, async () => {
    while (!ended) {
      const askedAt = performance.now()
      const text = await fetchText(`http://127.0.0.1:${port}/`)
      answers.push({ askedAt, text })
    }
  })
  return {
    async end() {
      ended = true
      await Promise.all(loops)
      return answers
    },
  }
}
