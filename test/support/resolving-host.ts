import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { childrenOf } from '../../adapters/process-table.ts'
import type { Agent } from '../../agent/agent.ts'
import type { CycleRecord } from '../../agent/record.ts'
import type { HostReport } from '../../core/release/report.ts'
import { startAgentHost } from './agent-host.ts'
import { eventually } from './eventually.ts'
import { listen } from './serve-routes.ts'
import { testNewNginx } from './tools.ts'

type Options = { readonly settings?: Readonly<Record<string, unknown>> }

/** A host whose nginx resolves upstream servers by the agent's DNS server, and a clock that a test can move past waiting times. */
export async function startResolvingHost(t: TestContext, { settings = {} }: Options = {}) {
  const nginx = await testNewNginx()
  const clock = { offset: 0 }
  const elapsed = () => performance.now() + clock.offset
  const host = await startAgentHost(t, { nginx, settings: { mode: 'auto', ...settings }, deps: { elapsed } })

  /** Runs cycles until one has this outcome; until then there is nothing but waiting. */
  const until = async (outcome: CycleRecord['outcome'], agent: Agent = host.agent): Promise<CycleRecord> => {
    for (let cycles = 0; cycles < 200; cycles += 1) {
      const record = await agent.runCycle()
      if (record.outcome === outcome) return record
      assert.ok(['waiting', 'unchanged'].includes(record.outcome), JSON.stringify(record))
      await delay(50)
    }
    return assert.fail(`no cycle was ${outcome}`)
  }
  /** The workers: the same ones as long as nothing was reloaded. */
  const workers = async () => (await childrenOf(host.nginx.pid)).map(({ pid }) => pid).sort()
  const report = (): HostReport => {
    const key = `hosts/${host.settings.hostId}.json`
    return JSON.parse(String(host.s3.objects(host.s3.bucket).get(key))) as HostReport
  }
  /** Who answers, over so many requests that everybody has a turn. */
  const answers = async (path = '/app') => {
    const texts = await Promise.all(Array.from({ length: 12 }, () => host.get(path)))
    return [...new Set(texts)].sort()
  }
  const settled = (expected: readonly string[], path = '/app') =>
    eventually(`the answers ${expected}`, async () => String(await answers(path)) === String(expected))
  return { ...host, clock, until, workers, report, answers, settled }
}

/** A server that says its name; its port. */
export async function namedServer(t: TestContext, name: string): Promise<number> {
  const server = createServer((_, answer) => answer.end(name))
  return Number((await listen(t, server)).split(':')[1])
}
