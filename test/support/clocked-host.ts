import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { TestContext } from 'node:test'
import { childrenOf } from '../../adapters/process-table.ts'
import type { CycleRecord } from '../../agent/record.ts'
import type { HostReport } from '../../core/release/report.ts'
import { type AgentHost, startAgentHost, webRelease } from './agent-host.ts'
import type { Published } from './release.ts'

type Options = Parameters<typeof startAgentHost>[1]

export type ClockedHost = AgentHost & {
  /** Milliseconds by which both clocks of the agent are ahead. */
  readonly clock: { offset: number }
  /** A cycle past the interval between reloads. */
  cycle(): Promise<CycleRecord>
  entry(): Promise<string>
  /** The id of the configuration that is confirmed. */
  confirmed(): string
}

/** A host whose clocks a test can move on, so that intervals need not be waited for. */
export async function startClockedHost(t: TestContext, options: Options = {}): Promise<ClockedHost> {
  const clock = { offset: 0 }
  const deps = { now: () => Date.now() + clock.offset, elapsed: () => performance.now() + clock.offset }
  const host = await startAgentHost(t, { ...options, deps: { ...deps, ...options.deps } })
  const cycle = () => {
    clock.offset += 5_000
    return host.agent.runCycle()
  }
  const entry = () => readFile(host.settings.entries.http, 'utf8')
  return { ...host, clock, cycle, entry, confirmed: () => confirmedId(host) }
}

/** The same with release "one" confirmed. */
export async function startRunningHost(
  t: TestContext,
  options: Options = {},
): Promise<ClockedHost & { readonly first: Published }> {
  const host = await startClockedHost(t, options)
  const first = await host.channel.publish(webRelease(host.port, 'one'))
  assert.equal((await host.cycle()).outcome, 'installed')
  return { ...host, first }
}

export function confirmedId({ agent }: Pick<AgentHost, 'agent'>): string {
  return agent.status().state?.confirmed?.configId ?? 'none'
}

export function reportOf({ s3 }: Pick<AgentHost, 's3'>, id = 'AROATEST:i-0001'): HostReport {
  return JSON.parse(String(s3.objects(s3.bucket).get(`hosts/${id}.json`)))
}

export async function workerPids({ nginx }: Pick<AgentHost, 'nginx'>): Promise<number[]> {
  return (await childrenOf(nginx.pid)).map(({ pid }) => pid).sort()
}

/** The pids of workers that take new connections. */
export async function acceptingPids({ nginx }: Pick<AgentHost, 'nginx'>): Promise<number[]> {
  const children = await childrenOf(nginx.pid)
  return children.filter(({ title }) => title === 'nginx: worker process').map(({ pid }) => pid)
}
