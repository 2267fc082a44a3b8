import { ensureNode } from '../../adapters/consul/node.ts'
import { createLog } from '../../adapters/log.ts'
import { createReconcileDeps } from '../../functions/reconcile/deps.ts'
import { ensureEpoch } from '../../functions/reconcile/epoch.ts'
import { table } from '../../local/table.ts'
import { ensureTools } from '../../local/tools/ensure-tools.ts'
import { type AwsStandIn, startAwsStandIn } from '../aws-stand-in.ts'
import type { Benchmark } from '../benchmarks.ts'
import { type BenchConsul, withConsul } from '../consul.ts'
import { cluster, createFleet } from '../fleet.ts'
import { countOf } from '../options.ts'
import { verifyCatalog } from '../register/expected.ts'
import { openLambdas, settings } from '../register/lambdas.ts'
import { playStorm, type StormEvent } from '../register/storm.ts'
import { type Pass, readsOfPass, runPass, writesOfPass } from './pass.ts'

type Result = {
  readonly bench: 'reconcile'
  readonly tasks: number
  /** Operations on catalog and ledger. */
  readonly consul_writes: number
  /** Operations on the lease and the stamp. */
  readonly bookkeeping_writes: number
  /** Requests. */
  readonly consul_reads: number
  readonly ecs_calls: number
  readonly ms: number
  readonly calls_per_s: number
  readonly cpu_ms: number
  readonly peak_rss_mb: number
}

const page = 100
const handlers = 5
const unpaced = 100_000

/**
 * One pass of the real reconcile handler over a fleet of which nothing has changed, counted at the wire. The process is warm, as
 * in all passes but its first: a pass that isn't counted has looked up definitions and hosts. Fails if the pass writes anything
 * but its bookkeeping, or asks ECS oftener than two calls per hundred tasks and the pages of its lists.
 */
export const reconcileBenchmark: Benchmark<Result> = {
  about: 'a reconcile pass over an unchanged fleet (1 min at the rate of ECS calls as deployed)',
  options: '--tasks <n> (10000)  --calls-per-second <n>',
  async run(progress, args) {
    const tasks = countOf(args, 'tasks', 10_000)
    const rate = countOf(args, 'calls-per-second', null)
    const { consul } = await ensureTools({ log: progress })
    const events = createFleet(tasks).map((task) => ({ task, state: 'running' as const }))
    return withConsul(consul, async (place) => {
      const aws = await startAwsStandIn(events.map(({ task }) => task))
      try {
        progress(`registering ${tasks} tasks`)
        await register(events, place, aws)
        const pass = await measure(place, aws, rate, progress)
        assertUnchanged(pass, tasks)
        await verifyCatalog(place.client, events)
        return resultOf(pass, tasks)
      } finally {
        await aws.close()
      }
    })
  },
  describe,
}

async function register(
  events: readonly StormEvent[],
  { access, client }: BenchConsul,
  aws: AwsStandIn,
): Promise<void> {
  await ensureNode(client, cluster, settings.deployment)
  await ensureEpoch(client, settings.prefix, 'bench')
  const lambdas = openLambdas(handlers, access, aws)
  await playStorm(events, lambdas, aws, null)
  await lambdas.close()
}

async function measure(
  { access }: BenchConsul,
  aws: AwsStandIn,
  rate: number | null,
  progress: (line: string) => void,
): Promise<Pass> {
  const log = createLog((line) => {
    if (!line.startsWith('{"level":"info"')) progress(line)
  })
  const wiring = { settings, access: async () => access, aws: aws.configs('reconcile'), log, clock: Date.now }
  const cold = createReconcileDeps({ ...wiring, settings: paced(unpaced) })
  const warm = createReconcileDeps({ ...wiring, settings: paced(rate ?? settings.reconcileCallsPerSecond) })
  try {
    const first = await runPass(cold, aws)
    progress(
      `first pass, not paced, caches cold: ${Math.round(first.ms)} ms, ${first.ecsCalls.length} ECS calls`,
    )
    const before = aws.calls.length
    const ticking = setInterval(() => progress(`  ${aws.calls.length - before} calls so far`), 10_000)
    return await runPass({ ...warm, resolve: cold.resolve }, aws).finally(() => clearInterval(ticking))
  } finally {
    await Promise.all([cold.close(), warm.close()])
  }
}

function paced(reconcileCallsPerSecond: number): typeof settings {
  return { ...settings, reconcileCallsPerSecond }
}

function assertUnchanged(pass: Pass, tasks: number): void {
  const { other } = writesOfPass(pass)
  if (other.length > 0) throw new Error(`the pass wrote ${other.length} times to Consul, first: ${other[0]}`)
  const pages = pass.ecsCalls.filter((name) => name === 'ecs:ListTasks').length
  const bound = 2 * Math.ceil(tasks / page) + pages
  if (pass.ecsCalls.length > bound) {
    throw new Error(`the pass made ${pass.ecsCalls.length} ECS calls; ${bound} are allowed`)
  }
  const [done] = pass.result.clusters
  if (done?.outcome !== 'done' || done.unchanged !== tasks) {
    throw new Error(`the pass did not find ${tasks} unchanged tasks: ${JSON.stringify(done)}`)
  }
}

function resultOf(pass: Pass, tasks: number): Result {
  const { bookkeeping, other } = writesOfPass(pass)
  return {
    bench: 'reconcile',
    tasks,
    consul_writes: other.length,
    bookkeeping_writes: bookkeeping,
    consul_reads: readsOfPass(pass),
    ecs_calls: pass.ecsCalls.length,
    ms: Math.round(pass.ms),
    calls_per_s: Math.round((pass.ecsCalls.length / pass.ms) * 10_000) / 10,
    cpu_ms: Math.round(pass.cpuMs),
    peak_rss_mb: Math.round(pass.peakRssMb),
  }
}

function describe(result: Result): string {
  return table(
    ['reconcile', ''],
    [
      ['unchanged tasks', result.tasks],
      ['writes to catalog and ledger', result.consul_writes],
      ['writes to lease and stamp', result.bookkeeping_writes],
      ['reads of Consul', result.consul_reads],
      ['ECS calls', result.ecs_calls],
      ['ECS calls/s', result.calls_per_s],
      ['milliseconds', result.ms],
      ['CPU milliseconds', result.cpu_ms],
      ['peak memory of the process, MB', result.peak_rss_mb],
    ],
  )
}
