import { openProcesses, type Processes } from '../../local/processes/processes.ts'
import { table } from '../../local/table.ts'
import { ensureTools } from '../../local/tools/ensure-tools.ts'
import type { Benchmark } from '../benchmarks.ts'
import { choiceOf, countOf } from '../options.ts'
import { percentile } from '../stats.ts'
import { measureBareReloads } from './bare-reload.ts'
import { measureChanges } from './changes.ts'
import { startBenchHost } from './host.ts'
import { type Idle, measureIdle } from './idle.ts'
import { fleetRelease } from './release.ts'

type Spread = { readonly p50: number; readonly max: number }

type Result = {
  readonly bench: 'agent'
  readonly servers: number
  readonly poll_ms: number
  readonly pointer_to_confirmed_ms: Spread
  readonly apply_ms: Spread
  readonly bare_reload_ms: { readonly p50: number }
  readonly idle: Idle
}

type Options = {
  readonly servers: number
  readonly changes: number
  readonly pollMs: number
  readonly idleMs: number
}

/** The bundled agent as a host runs it: how soon a pointer is live, what that costs over a bare reload, and what it takes at rest. */
export const agentBenchmark: Benchmark<Result> = {
  about: 'pointer → confirmed live on a host, against a bare reload, and the agent at rest (2 min)',
  options: '--servers 1000 --changes 20 --poll 1s|100ms --idle-ms 30000',
  async run(progress, args) {
    const options = {
      servers: countOf(args, 'servers', 1_000),
      changes: countOf(args, 'changes', 20),
      pollMs: choiceOf(args, 'poll', ['1s', '100ms']) === '1s' ? 1_000 : 100,
      idleMs: countOf(args, 'idle-ms', 30_000),
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
  { servers, changes, pollMs, idleMs }: Options,
  progress: (line: string) => void,
): Promise<Result> {
  const { nginx } = await ensureTools({ log: progress })
  const host = await startBenchHost({ processes, nginx, pollMs })
  await host.publish(fleetRelease(host.port, servers, 0))
  progress(`nginx ${nginx.version} with ${servers} servers; ${changes} changes, one by one`)
  const { confirmed, apply } = await measureChanges(host, servers, changes, pollMs)
  progress(`${changes} bare reloads`)
  const bare = await measureBareReloads(nginx, processes, servers, changes)
  progress(`${idleMs / 1000} s of rest`)
  const idle = await measureIdle(host.agent.pid, idleMs)
  await host.close()
  return {
    bench: 'agent',
    servers,
    poll_ms: pollMs,
    pointer_to_confirmed_ms: spreadOf(confirmed),
    apply_ms: spreadOf(apply),
    bare_reload_ms: { p50: percentile(bare, 0.5) },
    idle,
  }
}

function spreadOf(samples: readonly number[]): Spread {
  return { p50: percentile(samples, 0.5), max: percentile(samples, 1) }
}

function describe({ pointer_to_confirmed_ms, apply_ms, bare_reload_ms, ...rest }: Result): string {
  const { idle, servers, poll_ms } = rest
  const rows = [
    ['pointer put → confirmed live', pointer_to_confirmed_ms.p50, pointer_to_confirmed_ms.max],
    ['of it the agent itself, from the fetch to the confirmation', apply_ms.p50, apply_ms.max],
    ['bare: file written, nginx -s reload, every answer new', bare_reload_ms.p50, '-'],
  ]
  const rest_ = `at rest: ${idle.rss_mb} MB resident, ${idle.anonymous_mb} MB of it anonymous; ${idle.cpu_percent} % of a core`
  return [
    table(['milliseconds', 'p50', 'max'], rows),
    '',
    `${servers} servers, a poll every ${poll_ms} ms`,
    rest_,
  ].join('\n')
}
