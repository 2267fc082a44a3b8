import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { nodeFlags } from '../../core/install/node-flags.ts'
import type { Holding } from '../support/agent-cycles.ts'
import { startAgentHost, webRelease } from '../support/agent-host.ts'
import { runs } from '../support/scale.ts'
import { testNewNginx, testTools } from '../support/tools.ts'

const rounds = 10

/** A host and its agent's process; each round begins with another address and ends with what the agent holds. */
async function startCycling(t: TestContext, host: Awaited<ReturnType<typeof startAgentHost>>) {
  const child = fork(new URL('../support/agent-cycles.ts', import.meta.url), {
    execArgv: ['--expose-gc', ...nodeFlags],
    env: {
      ...process.env,
      TEST_AGENT_SETTINGS: JSON.stringify(host.settings),
      AWS_ENDPOINT_URL_S3: host.s3.url,
      AWS_ACCESS_KEY_ID: 'AKIDTEST',
      AWS_SECRET_ACCESS_KEY: 'test-secret',
    },
  })
  t.after(() => child.kill('SIGKILL'))
  return async (round: number, cycles: number): Promise<Holding> => {
    await host.channel.publish(webRelease(host.port, 'one', { servers: [1 + round, 100] }))
    child.send(cycles)
    const [holding] = await once(child, 'message')
    return holding
  }
}

for (const [what, nginx] of [
  ['reloads nginx', async () => (await testTools()).nginx],
  ['answers it by DNS', testNewNginx],
] as const)
  test(`an agent that ${what} holds no more memory and no more files after thousands of cycles`, async (t) => {
    const host = await startAgentHost(t, { nginx: await nginx() })
    const round = await startCycling(t, host)
    const holdings: Holding[] = []
    for (let at = 0; at < rounds; at += 1) holdings.push(await round(at, runs(10_000) / rounds))
    assert.ok(holdings.every(({ outcome }) => outcome === 'unchanged' || outcome === 'waiting'))
    // The first ones are still learning: compiled code, connections and caches of a bounded size.
    const [before, after] = [holdings[2] ?? assert.fail(), holdings.at(-1) ?? assert.fail()]
    const told = JSON.stringify(holdings)
    assert.ok(after.descriptors <= before.descriptors + 2, told)
    assert.ok(after.heapMb - before.heapMb < 2, told)
    assert.ok(after.anonymousMb - before.anonymousMb < 8, told)
    assert.equal(await host.get(), 'one')
  })
