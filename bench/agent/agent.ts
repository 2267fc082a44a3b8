import { openProcesses, type Processes } from '../../local/processes/processes.ts'
import { table } from '../../local/table.ts'
import { ensureNewNginx, ensureTools } from '../../local/tools/ensure-tools.ts'
import type { Benchmark } from '../benchmarks.ts'
import { choiceOf, countOf } from '../options.ts'
import { percentile } from '../stats.ts'
import { measureBareReloads } from './bare-reload.ts'
import { measureChanges } from './changes.ts'
import { type BenchHostOptions, startBenchHost } from './host.ts'
import { findHostNode } from './host-node.ts'
import { type Idle, measureIdle } from './idle.ts'
import { fleetRelease } from './release.ts'
import { measureResolve, type ResolveResult } from './resolve/resolve.ts'

type Spread = { readonly p50: number; readonly max: number }

type Result = {
  readonly bench: 'agent'
  readonly servers: number
  readonly poll_ms: number
  readonly pointer_to_confirmed_ms: Spread
  readonly apply_ms: Spread
  readonly bare_reload_ms: { readonly p50: number }
  readonly idle: Idle
  readonly resolve: ResolveResult
  /** The version of the Node that ran the agent. */
  readonly node: string
}

type Options = {
  readonly servers: number
  readonly changes: number
  readonly pollMs: number
  readonly idleMs: number
  readonly rounds: number
  readonly rate: number
}

/** The bundled agent as a host runs it: how soon a pointer is live, what that costs over a bare reload, and what it takes at rest. */
export const agentBenchmark: Benchmark<Result> = {
  about: 'pointer → live on a host, with reloads and by DNS alone, and the agent at rest (8 min)',
  options: '--servers 1000 --changes 100 --poll 1s|100ms --idle-ms 30000 --rounds 12 --rate 2000',
  async run(progress, args) {
    const options = {
      servers: countOf(args, 'servers', 1_000),
      changes: countOf(args, 'changes', 100),
      pollMs: choiceOf(args, 'poll', ['1s', '100ms']) === '1s' ? 1_000 : 100,
      idleMs: countOf(args, 'idle-ms', 30_000),
      rounds: countOf(args, 'rounds', 12),
      rate: countOf(args, 'rate', 2_000),
    }
    const processes = await openProcesses()
    try {
      return await measure(processes, options, progress)
    } finally {
      await processes.stopAll()
    }
  },
  describe,
}

async function measure(
  processes: Processes,
  options: Options,
  progress: (line: string) => void,
): Promise<Result> {
  const [{ nginx }, newer, node] = await Promise.all([
    ensureTools({ log: progress }),
    ensureNewNginx({ log: progress }),
    findHostNode(),
  ])
  progress(`the agent runs on Node ${node.version}, ${node.path}`)
  const place = { processes, node: node.path, pollMs: options.pollMs }
  const reloading = await measureReloading({ ...place, nginx }, options, progress)
  const resolve = await measureResolve({ ...place, ...options, tools: { newer, backend: nginx } }, progress)
  const { servers, pollMs } = options
  return { bench: 'agent', servers, poll_ms: pollMs, ...reloading, resolve, node: node.version }
}

/** A fifth of the changes: each is a reload, and these have to be apart. */
async function measureReloading(
  place: BenchHostOptions,
  { servers, changes: all, pollMs, idleMs }: Options,
  progress: (line: string) => void,
) {
  const { nginx, processes } = place
  const changes = Math.ceil(all / 5)
  const host = await startBenchHost({ ...place, settings: { mode: 'static' } })
  await host.publish(fleetRelease(host.port, servers, 0))
  progress(`nginx ${nginx.version} with ${servers} servers; ${changes} changes, one by one`)
  const { confirmed, apply } = await measureChanges(host, servers, changes, pollMs)
  progress(`${changes} bare reloads`)
  const bare = await measureBareReloads(nginx, processes, servers, changes)
  progress(`${idleMs / 1000} s of rest`)
  const idle = await measureIdle(host.agent.pid, idleMs)
  await host.close()
  return {
    pointer_to_confirmed_ms: spreadOf(confirmed),
    apply_ms: spreadOf(apply),
    bare_reload_ms: { p50: percentile(bare, 0.5) },
    idle,
  }
}

function spreadOf(samples: readonly number[]): Spread {
  return { p50: percentile(samples, 0.5), max: percentile(samples, 1) }
}

function describe(result: Result): string {
  const { pointer_to_confirmed_ms, apply_ms, bare_reload_ms, idle, resolve, servers, poll_ms } = result
  const rows = [
    ['pointer put → confirmed live, with a reload', pointer_to_confirmed_ms.p50, pointer_to_confirmed_ms.max],
    ['of it the agent itself, from the fetch to the confirmation', apply_ms.p50, apply_ms.max],
    ['bare: file written, nginx -s reload, every answer new', bare_reload_ms.p50, '-'],
    ["the agent's DNS data → effect", resolve.effect_ms.p50, resolve.effect_ms.max],
    ['pointer put → effect, by DNS alone', resolve.from_pointer_ms.p50, resolve.from_pointer_ms.max],
  ]
  const { changes, reloads, failed_requests, cpu_ratio_to_static, replaced } = resolve
  return [
    table(['milliseconds', 'p50', 'max'], rows),
    '',
    `${servers} servers, a poll every ${poll_ms} ms, Node ${result.node}`,
    `at rest: ${idle.rss_mb} MB resident, ${idle.anonymous_mb} MB of it anonymous; ${idle.cpu_percent} % of a core`,
    `by DNS: ${changes} changes, ${reloads} reloads, ${failed_requests} failed requests, ${cpu_ratio_to_static} × the CPU of static servers`,
    `two replacements of all: ${replaced.reloads} reloads, ${replaced.failed_requests} failed requests, effect after ${replaced.effect_ms.max} ms at most`,
  ].join('\n')
}
